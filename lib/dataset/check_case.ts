import { createHash } from "node:crypto";
import { UserError } from "../errors.ts";
import { airHu } from "../volume/intensity.ts";
import { affineDistanceMm } from "../volume/affine.ts";
import { affineOfHeader } from "../volume/nifti_affine.ts";
import type { NiftiHeader } from "../volume/nifti_header.ts";
import { readImage, readLabels } from "../volume/nifti_read.ts";
import { orientationLetters, orientationOf, toRas } from "../volume/orientation.ts";
import {
  type Affine,
  type LabelVolume,
  spacingMm,
  type Triple,
  type Volume,
  voxelMm3,
} from "../volume/volume.ts";
import { type DatasetCase, type Modality, volumeChoice } from "./dataset.ts";
import { compareGrids, describeMismatch } from "./grid_pair.ts";

/** What a finding is about. */
export type Rule =
  | "unreadable"
  | "missing labels"
  | "unpaired labels"
  | "number of cases"
  | "shape"
  | "affine"
  | "header"
  | "spacing"
  | "not finite"
  | "constant"
  | "modality"
  | "unexpected label"
  | "empty labels"
  | "unused label"
  | "missing organ"
  | "duplicate";

/** Something wrong with a data set. An error spoils training; a warning wants a look. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly rule: Rule;
  /** The case, or null for the data set as a whole. */
  readonly caseId: string | null;
  /** The file to look at. */
  readonly path: string;
  readonly message: string;
}

/** One case to be checked. */
export interface CheckJob {
  readonly source: DatasetCase;
  /** The data set's label values by name; empty where it declares none. */
  readonly labels: Readonly<Record<string, number>>;
  /** Whether these may be some of the values only, as a plain pair of folders names them. */
  readonly namesSome?: boolean;
}

/** What a look into a case's files shows. Fields are null where a file cannot be read. */
export interface CheckedCase {
  readonly id: string;
  readonly findings: readonly Finding[];
  readonly image: CheckedImage | null;
  /** Voxels and volume in mm^3 by label value; background is left out. */
  readonly labels: Readonly<Record<string, LabelSize>> | null;
}

/** Amount of a label in a case. */
export interface LabelSize {
  readonly voxels: number;
  readonly volumeMm3: number;
}

/** An image that could be read. */
export interface CheckedImage {
  readonly shape: Triple;
  readonly spacingMm: Triple;
  /** Letters of its axes: "LPS". */
  readonly orientation: string;
  /** Lowest and highest finite intensity. */
  readonly range: readonly [number, number];
  /** Equal for images of equal voxels, whatever their compression and orientation. */
  readonly contentHash: string;
}

/** Edges of a voxel that are plausible in a scan of a patient, in mm. */
const plausibleEdgeMm = { low: 0.05, high: 20 };
/** Share of an edge by which pixdim may differ from the affine. */
const edgeTolerance = 0.01;

/** Looks into the files of one case; never throws for what is wrong with them. */
export async function checkCase({ source, ...declared }: CheckJob): Promise<CheckedCase> {
  const findings: Finding[] = [];
  const add = (severity: Finding["severity"], rule: Rule, path: string, message: string) =>
    findings.push({ severity, rule, caseId: source.id, path, message });
  const { imagePath, labelPath } = source;
  const image = await attempt(
    () => readImage(imagePath, volumeChoice(source)),
    (message) => add("error", "unreadable", imagePath, message),
  );
  if (image !== null) {
    for (const found of checkImage(image.volume, image.header, source)) add(...found);
  }
  if (labelPath === null) {
    if (source.subset !== "test") {
      add("error", "missing labels", imagePath, `a case of the ${source.subset} part needs labels`);
    }
    return { id: source.id, findings, image: describeImage(image?.volume), labels: null };
  }
  const labels = await attempt(
    () => readLabels(labelPath),
    (message) => add("error", "unreadable", labelPath, message),
  );
  if (image !== null && labels !== null) {
    const grids = compareGrids(image.volume, labels.labels);
    const mismatch = describeMismatch(grids);
    if (mismatch !== null) {
      const severity = grids.verdict === "apart" ? "error" : "warning";
      add(severity, grids.sameShape ? "affine" : "shape", labelPath, mismatch);
    }
  }
  const sizes = labels === null ? null : measureLabels(labels.labels);
  if (sizes !== null) {
    for (const found of checkLabelValues(sizes, declared, labelPath)) add(...found);
  }
  return { id: source.id, findings, image: describeImage(image?.volume), labels: sizes };
}

type Found = [severity: Finding["severity"], rule: Rule, path: string, message: string];

async function attempt<T>(
  read: () => Promise<T>,
  onFault: (message: string) => void,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onFault(error.message);
    return null;
  }
}

function* checkImage(
  volume: Volume,
  header: NiftiHeader,
  { imagePath: path, modality }: DatasetCase,
): Iterable<Found> {
  const notFinite = countNotFinite(volume.data);
  if (notFinite > 0) {
    yield ["error", "not finite", path, `${notFinite} voxels are NaN or infinite`];
  }
  const [low, high] = finiteRange(volume.data);
  if (!(low < high)) {
    yield ["error", "constant", path, `every voxel is ${low}: there is no picture in it`];
  } else yield* checkModality(low, high, modality, path);
  const edges = spacingMm(volume);
  if (edges.some((edge) => edge < plausibleEdgeMm.low || edge > plausibleEdgeMm.high)) {
    yield ["warning", "spacing", path, `a voxel of ${formatEdges(edges)} mm is hardly a scan's`];
  }
  const declared = header.pixdim.slice(1, 4);
  if (edges.some((edge, i) => !(Math.abs(Math.abs(declared[i]) - edge) <= edgeTolerance * edge))) {
    const message = `pixdim says ${formatEdges(declared)} mm and the affine ${formatEdges(edges)}`;
    yield ["warning", "header", path, message];
  }
  if (header.sformCode > 0 && header.qformCode > 0) {
    const other = qformOf(header, path);
    const distance = other === null ? 0 : affineDistanceMm(volume.affine, other, volume.shape);
    if (!(distance <= Math.min(...edges))) {
      const message = `sform and qform differ by up to ${
        distance.toPrecision(3)
      } mm; sform is used`;
      yield ["warning", "header", path, message];
    }
  }
}

/** The affine of a header's qform; null where it has no usable one, which nothing needs. */
function qformOf(header: NiftiHeader, path: string): Affine | null {
  try {
    return affineOfHeader({ ...header, sformCode: 0 }, path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return null;
  }
}

function* checkModality(
  low: number,
  high: number,
  modality: Modality,
  path: string,
): Iterable<Found> {
  if (modality === "ct" && low > airHu) {
    const message = `intensities of ${low} .. ${high} are not Hounsfield units of a CT`;
    yield ["warning", "modality", path, message];
  }
  if (modality === "mr" && low < airHu) {
    const message = `intensities of ${low} .. ${high} look like a CT, not like an MR`;
    yield ["warning", "modality", path, message];
  }
}

function* checkLabelValues(
  sizes: Readonly<Record<string, LabelSize>>,
  { labels: declared, namesSome }: Omit<CheckJob, "source">,
  path: string,
): Iterable<Found> {
  const known = new Set(Object.values(declared).map(String));
  const unexpected = Object.entries(sizes).filter(([value]) => known.size > 0 && !known.has(value));
  if (unexpected.length > 0) {
    const shown = unexpected.slice(0, 10).map(([value, { voxels }]) =>
      `${value} (${voxels} voxels)`
    );
    const more = unexpected.length > 10 ? ` and ${unexpected.length - 10} more` : "";
    const what = namesSome
      ? "counts as background without a name:"
      : "the data set does not declare";
    const severity = namesSome ? "warning" : "error";
    yield [severity, "unexpected label", path, `${what} ${shown.join(", ")}${more}`];
  }
  if (Object.keys(sizes).length === 0) {
    yield ["warning", "empty labels", path, "every voxel is background"];
  }
}

function describeImage(volume: Volume | undefined): CheckedImage | null {
  if (volume === undefined) return null;
  const ras = toRas(volume).volume;
  const bytes = new Uint8Array(ras.data.buffer, ras.data.byteOffset, ras.data.byteLength);
  const hash = createHash("sha256").update(ras.shape.join("x")).update(bytes);
  return {
    shape: volume.shape,
    spacingMm: spacingMm(volume),
    orientation: orientationLetters(orientationOf(volume)),
    range: finiteRange(volume.data),
    contentHash: hash.digest("hex"),
  };
}

function measureLabels(labels: LabelVolume): Record<string, LabelSize> {
  const counts = new Float64Array(65536);
  for (let i = 0; i < labels.data.length; i++) counts[labels.data[i]]++;
  const mm3 = voxelMm3(labels);
  const sizes: Record<string, LabelSize> = {};
  for (let value = 1; value < counts.length; value++) {
    const voxels = counts[value];
    if (voxels > 0) sizes[value] = { voxels, volumeMm3: voxels * mm3 };
  }
  return sizes;
}

function countNotFinite(data: Float32Array): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) count++;
  return count;
}

function finiteRange(data: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [NaN, NaN];
}

function formatEdges(edges: readonly number[]): string {
  return edges.map((edge) => String(Number(edge.toPrecision(4)))).join(" x ");
}
