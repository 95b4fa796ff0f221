import * as tf from "../tf.ts";
import type { DetectorConfig } from "../config/config.ts";
import { inference, Parameters, type Pass } from "../nn/parameters.ts";
import { aroundBoxes, type Box3 } from "../volume/box.ts";
import { type ViewName, viewNames } from "../volume/projection.ts";
import type { Volume } from "../volume/volume.ts";
import { type BoxPrior, isUsual } from "./box_prior.ts";
import { loadBackbone } from "./backbone_weights.ts";
import { addMargin, fuseViews, joinBoxes, type ViewBox } from "./fusion.ts";
import { backbonePath, PyramidNet } from "./pyramid_net.ts";
import { SilhouetteNet } from "./silhouette_net.ts";
import type { ViewNetwork } from "./view_network.ts";
import { makeView, viewChannels } from "./views.ts";

/** What the detector found in a volume. */
export interface Detection {
  readonly views: Readonly<Record<ViewName, ViewBox>>;
  /** The fused box without margin. */
  readonly tightUnit: Box3;
  /** False when it lies where no training case has the organ, if the detector knows where they have. */
  readonly isUsual: boolean;
  /**
   * The region of interest: the fused box with the configured margin; of an unusual one, the box
   * around it and all places that are usual.
   */
  readonly roiUnit: Box3;
}

/** What the networks of a detector predict, and which of it is the organ. */
export interface DetectorTargets {
  /** How many silhouettes a network predicts. */
  readonly count: number;
  /** Indices of those that are the organ: of several, the box around all that were found counts. */
  readonly organ: readonly number[];
}

const organAlone: DetectorTargets = { count: 1, organ: [0] };

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
    this.#network = buildNetwork(this.parameters, config, targets.count);
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

  async #read(pictures: tf.Tensor4D, targets?: readonly number[]): Promise<ViewBox[][]> {
    const output = this.apply(pictures, inference);
    try {
      return await this.#network.read(output, targets);
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
  outputs: number,
): ViewNetwork {
  const channels = viewChannels(view);
  switch (network.kind) {
    case "pyramid":
      return new PyramidNet(parameters.root(), network, { edge: view.edge, channels });
    case "silhouette":
      return new SilhouetteNet(parameters.root(), network, { edge: view.edge, channels, outputs });
  }
}

/** Finds an organ's box in a volume from its three views (section 3.1, Fig. 1b). */
export class Detector {
  readonly config: DetectorConfig;
  readonly modules: Readonly<Record<ViewName, ViewModule>>;
  readonly #prior: BoxPrior | undefined;

  constructor(
    config: DetectorConfig,
    seed: string | number,
    targets = organAlone,
    prior?: BoxPrior,
  ) {
    this.config = config;
    this.#prior = prior;
    this.modules = {
      xy: new ViewModule("xy", config, seed, targets),
      yz: new ViewModule("yz", config, seed, targets),
      xz: new ViewModule("xz", config, seed, targets),
    };
  }

  /** Trainable values of the three modules together. */
  parameterCount(): number {
    return viewNames.reduce((sum, view) => sum + this.modules[view].parameters.count(), 0);
  }

  /** The box of the organ in a prepared cube with values in 0 .. 1, of any shape. */
  async detect(cubeImage: Volume): Promise<Detection> {
    const [xy, yz, xz] = [
      await this.#detectView(cubeImage, "xy"),
      await this.#detectView(cubeImage, "yz"),
      await this.#detectView(cubeImage, "xz"),
    ];
    const views = { xy, yz, xz };
    const tightUnit = fuseViews(views);
    const prior = this.#prior;
    const unusual = prior !== undefined && !isUsual(tightUnit, prior);
    const organUnit = unusual ? aroundBoxes([tightUnit, prior.outer]) : tightUnit;
    const roiUnit = addMargin(organUnit, cubeImage.shape, this.config);
    return { views, tightUnit, isUsual: !unusual, roiUnit };
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

  async #detectView(cubeImage: Volume, view: ViewName): Promise<ViewBox> {
    const pictures = this.pictures(cubeImage, view);
    try {
      const [box] = await this.modules[view].detect(pictures);
      return box;
    } finally {
      pictures.dispose();
    }
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
