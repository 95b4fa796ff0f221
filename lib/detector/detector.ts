import * as tf from "../tf.ts";
import type { DetectorConfig } from "../config/config.ts";
import { UserError } from "../errors.ts";
import { inference, Parameters, type Pass } from "../nn/parameters.ts";
import { aroundBoxes, type Box3 } from "../volume/box.ts";
import { eachView, type ViewName, viewNames } from "../volume/projection.ts";
import type { Volume } from "../volume/volume.ts";
import { type BoxPrior, isUsual } from "./box_prior.ts";
import { loadBackbone } from "./backbone_weights.ts";
import { addMargin, fuseViews, joinBoxes, type ViewBox } from "./fusion.ts";
import { fuseProfiles, type ViewProfiles } from "./profile_fusion.ts";
import { backbonePath, PyramidNet } from "./pyramid_net.ts";
import { SilhouetteNet } from "./silhouette_net.ts";
import { boxOfProfiles, readProfiles } from "./silhouette_walls.ts";
import type { ViewNetwork } from "./view_network.ts";
import { makeView, viewChannels } from "./views.ts";
import { keepHull } from "./visual_hull.ts";

/** What the detector found in a volume. */
export interface Detection {
  readonly views: Readonly<Record<ViewName, ViewBox>>;
  /** The fused box without margin. */
  readonly tightUnit: Box3;
  /** False when it lies where no training case has the organ, if the detector knows where they have. */
  readonly isUsual: boolean;
  /**
   * The region of interest: the fused box with the configured margin; of an unusual one, the box
   * around it, as far as a view found anything, and all places that are usual.
   */
  readonly roiUnit: Box3;
}

/** What the networks of a detector predict, and which of it is the organ. */
export interface DetectorTargets {
  /** Of each target that a network predicts, how many pieces it comes in: kidneys in two. */
  readonly pieces: readonly number[];
  /** Indices of those that are the organ: of several, the box around all that were found counts. */
  readonly organ: readonly number[];
}

const organAlone: DetectorTargets = { pieces: [1], organ: [0] };

/** The detector of one view, with parameters of its own, trained apart from the others (section 3.1). */
export class ViewModule {
  readonly view: ViewName;
  readonly parameters: Parameters;
  readonly #config: DetectorConfig;
  readonly #targets: DetectorTargets;
  readonly #network: ViewNetwork;

  constructor(
    view: ViewName,
    config: DetectorConfig,
    seed: string | number,
    targets: DetectorTargets = organAlone,
  ) {
    this.view = view;
    this.parameters = new Parameters(`${seed}/detector/${view}`);
    this.#config = config;
    this.#targets = targets;
    this.#network = buildNetwork(this.parameters, config, targets.pieces);
  }

  /** Indices of the targets that are the organ. */
  get organTargets(): readonly number[] {
    return this.#targets.organ;
  }

  /** As {@linkcode ViewNetwork.apply}. */
  apply(pictures: tf.Tensor4D, pass: Pass, mask?: tf.Tensor4D): tf.Tensor {
    return this.#network.apply(pictures, pass, mask);
  }

  /** What the learning rate of a parameter is multiplied by. */
  learningRateScale(parameterName: string): number {
    return this.#network.learningRateScale(parameterName);
  }

  /** The organ's boxes in pictures `[n, edge, edge, channels]`. */
  async detect(pictures: tf.Tensor4D): Promise<ViewBox[]> {
    const found = await this.#read(pictures, this.organTargets);
    return found.map(joinBoxes);
  }

  /** The boxes of every target in pictures `[n, edge, edge, channels]`. */
  async detectTargets(pictures: tf.Tensor4D): Promise<ViewBox[][]> {
    return await this.#read(pictures);
  }

  /**
   * The silhouettes of some targets, the organ's unless others are named, in pictures
   * `[n, edge, edge, channels]`; see {@linkcode SilhouetteNet.silhouettes}.
   *
   * @throws {UserError} when the network predicts boxes
   */
  async silhouettes(
    pictures: tf.Tensor4D,
    targets: readonly number[] = this.organTargets,
  ): Promise<Float32Array[][]> {
    const network = this.#network;
    if (!(network instanceof SilhouetteNet)) {
      throw new UserError({
        what: "cannot show what the detector sees",
        rule: "its networks must predict silhouettes",
        seen: `of kind ${this.#config.network.kind}`,
        remedy: "Use a run of the preset focus or tiny",
      });
    }
    return await this.#output(
      pictures,
      (logits) => network.silhouettes(logits, targets),
    );
  }

  async #read(pictures: tf.Tensor4D, targets?: readonly number[]): Promise<ViewBox[][]> {
    return await this.#output(pictures, (output) => this.#network.read(output, targets));
  }

  async #output<T>(pictures: tf.Tensor4D, read: (output: tf.Tensor) => Promise<T>): Promise<T> {
    const output = this.apply(pictures, inference);
    try {
      return await read(output);
    } finally {
      output.dispose();
    }
  }

  /**
   * Loads the pretrained backbone that the configuration names; does nothing where it names none.
   *
   * @throws {UserError} when the file does not fit
   */
  async loadBackbone(): Promise<void> {
    const { network } = this.#config;
    if (network.kind !== "pyramid" || network.backboneWeights === "") return;
    await loadBackbone(this.parameters, backbonePath, network.backboneWeights);
  }
}

function buildNetwork(
  parameters: Parameters,
  { network, view }: DetectorConfig,
  pieces: readonly number[],
): ViewNetwork {
  const channels = viewChannels(view);
  switch (network.kind) {
    case "pyramid":
      return new PyramidNet(parameters.root(), network, { edge: view.edge, channels });
    case "silhouette":
      return new SilhouetteNet(parameters.root(), network, { edge: view.edge, channels, pieces });
  }
}

type ViewModules = Readonly<Record<ViewName, ViewModule>>;

/** What the views saw, and how one box becomes of it; `unseen` as of {@linkcode fuseViews}. */
interface SeenViews {
  readonly views: Readonly<Record<ViewName, ViewBox>>;
  readonly fuse: (unseen?: Box3) => Box3;
}

/** Of each view the silhouettes of all targets. */
type AllSilhouettes = Readonly<Record<ViewName, readonly Float32Array[]>>;

/** Finds an organ's box in a volume from its three views (section 3.1, Fig. 1b). */
export class Detector {
  readonly config: DetectorConfig;
  readonly modules: ViewModules;
  readonly #prior: BoxPrior | undefined;
  readonly #targets: DetectorTargets;
  /** What the networks have seen, by image, where several organs' detectors share them. */
  #seen: WeakMap<Volume, AllSilhouettes> | null = null;

  constructor(
    config: DetectorConfig,
    seed: string | number,
    targets = organAlone,
    prior?: BoxPrior,
    modules?: ViewModules,
  ) {
    this.config = config;
    this.#prior = prior;
    this.#targets = targets;
    this.modules = modules ?? eachView((view) => new ViewModule(view, config, seed, targets));
  }

  /**
   * The detector of another organ with the same networks, which then look at each image once for both.
   * It has no parameters of its own to dispose.
   *
   * @param organ indices of the targets that are the organ
   * @throws RangeError when the networks see no more than one organ, or each view is read on its own
   */
  forOrgan(organ: readonly number[], prior?: BoxPrior): Detector {
    if (this.config.fusion === "views" || this.config.targets !== "labels") {
      throw new RangeError("only a detector of all labels whose views agree has other organs");
    }
    const targets = { ...this.#targets, organ };
    const other = new Detector(this.config, 0, targets, prior, this.modules);
    this.#seen ??= new WeakMap();
    other.#seen = this.#seen;
    return other;
  }

  /** Trainable values of the three modules together. */
  parameterCount(): number {
    return viewNames.reduce((sum, view) => sum + this.modules[view].parameters.count(), 0);
  }

  /** The box of the organ in a prepared cube with values in 0 .. 1, of any shape. */
  async detect(cubeImage: Volume): Promise<Detection> {
    const { views, fuse } = this.config.fusion === "views"
      ? await this.#detectApart(cubeImage)
      : await this.#detectTogether(cubeImage);
    const tightUnit = fuse();
    const prior = this.#prior;
    const unusual = prior !== undefined && !isUsual(tightUnit, prior);
    const organUnit = unusual ? aroundBoxes([fuse(prior.outer), prior.outer]) : tightUnit;
    const roiUnit = addMargin(organUnit, cubeImage.shape, this.config);
    return { views, tightUnit, isUsual: !unusual, roiUnit };
  }

  /** The box around all places where training cases have the organ; `null` where they are not known. */
  get usualUnit(): Box3 | null {
    return this.#prior?.outer ?? null;
  }

  /** What the module of a view looks at: `[1, edge, edge, channels]`, values as of `makeView`. */
  pictures(cubeImage: Volume, view: ViewName): tf.Tensor4D {
    const { edge } = this.config.view;
    const picture = makeView(cubeImage, view, this.config.view);
    return tf.tensor4d(picture, [1, edge, edge, viewChannels(this.config.view)]);
  }

  /** Frees the parameters; the detector cannot be used afterwards. */
  dispose(): void {
    for (const view of viewNames) this.modules[view].parameters.dispose();
  }

  /** The views' boxes, each read by itself. */
  async #detectApart(cubeImage: Volume): Promise<SeenViews> {
    const views = await this.#ofEachView(cubeImage, async (module, pictures) => {
      const [box] = await module.detect(pictures);
      return box;
    });
    return { views, fuse: (unseen) => fuseViews(views, unseen) };
  }

  /** The views' boxes, each target's read from what all views agree on. */
  async #detectTogether(cubeImage: Volume): Promise<SeenViews> {
    const { edge } = this.config.view;
    const silhouettes = await this.#silhouettes(cubeImage);
    const pieces = this.#targets.organ.map((target) => this.#targets.pieces[target]);
    const agreed = silhouettes.xy.map((xy, i) =>
      keepHull({ xy, yz: silhouettes.yz[i], xz: silhouettes.xz[i] }, edge, pieces[i])
    );
    const targets = agreed.map((pictures, i): ViewProfiles =>
      eachView((view) => readProfiles(pictures[view], edge, edge, pieces[i]))
    );
    const views = eachView((view) => joinBoxes(targets.map((of) => boxOfProfiles(of[view]))));
    const fuse = this.config.fusion === "profiles"
      ? (unseen?: Box3) => fuseProfiles(targets, unseen)
      : (unseen?: Box3) => fuseViews(views, unseen);
    return { views, fuse };
  }

  /** Of each view the silhouettes of the organ's targets. */
  async #silhouettes(cubeImage: Volume): Promise<AllSilhouettes> {
    const { organ, pieces } = this.#targets;
    const see = (targets: readonly number[]) =>
      this.#ofEachView(cubeImage, async (module, pictures) => {
        const [ofTargets] = await module.silhouettes(pictures, targets);
        return ofTargets;
      });
    if (this.#seen === null) return await see(organ);
    const all = this.#seen.get(cubeImage) ?? await see([...pieces.keys()]);
    this.#seen.set(cubeImage, all);
    return eachView((view) => organ.map((target) => all[view][target]));
  }

  async #ofEachView<T>(
    cubeImage: Volume,
    read: (module: ViewModule, pictures: tf.Tensor4D) => Promise<T>,
  ): Promise<Record<ViewName, T>> {
    const ofView = async (view: ViewName) => {
      const pictures = this.pictures(cubeImage, view);
      try {
        return await read(this.modules[view], pictures);
      } finally {
        pictures.dispose();
      }
    };
    return { xy: await ofView("xy"), yz: await ofView("yz"), xz: await ofView("xz") };
  }
}

/**
 * A detector with random weights; equal seeds give equal weights. Pretrained backbones are loaded
 * afterwards with {@linkcode ViewModule.loadBackbone}.
 *
 * @param prior where the organ usually lies; without it every box is as good as another
 */
export function buildDetector(
  config: DetectorConfig,
  seed: string | number,
  targets?: DetectorTargets,
  prior?: BoxPrior,
): Detector {
  return new Detector(config, seed, targets, prior);
}
