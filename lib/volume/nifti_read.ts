import { UserError } from "../errors.ts";
import { affineOfHeader } from "./nifti_affine.ts";
import { headerBytes, maxVoxels, type NiftiHeader, niftiTypes } from "./nifti_header.ts";
import { type OpenedHeader, openHeader, openVoxels } from "./nifti_open.ts";
import { type Grid, type LabelVolume, type Volume, voxelCount } from "./volume.ts";
import { decodeVoxels, type TakeVoxels, usualBlockVoxels } from "./voxel_decoder.ts";
import { type ConvertVoxels, imageConverter, labelConverter } from "./voxel_values.ts";

/** Bytes after the voxels that are still inflated, to reach the checksum of the gzip file. */
const trailingBytes = 1 << 20;

/** What a file's header says of its grid. */
export interface NiftiGeometry extends Grid {
  readonly header: NiftiHeader;
  /** Volumes in the file: 1 unless it has more than three axes. */
  readonly volumeCount: number;
}

/** A file's header and all its voxels. */
export interface NiftiImage extends NiftiGeometry {
  /** Scaled values; volume after volume, each in the order of {@linkcode Volume}. */
  readonly data: Float32Array;
}

/**
 * The grid of a NIfTI file, from its header alone; the voxels are neither read nor checked.
 *
 * @throws UserError as {@linkcode readNifti}
 */
export async function readGeometry(path: string): Promise<NiftiGeometry> {
  const { header, close } = await openHeader(path);
  await close();
  return geometry(header, path);
}

/**
 * A whole NIfTI file: version 1 or 2, `.nii` or a `.hdr` and `.img` pair, compressed by gzip or not
 * (its content decides, not its name), either byte order, all real types of voxel. Scaling is
 * applied. Extensions and bytes after the voxels are ignored.
 *
 * Memory: that of the result and a constant. It is not taken before the file proves large enough
 * to hold what its header declares.
 *
 * @throws UserError that names the file, the rule that it breaks, the value seen and a remedy
 */
export async function readNifti(path: string): Promise<NiftiImage> {
  const opened = await openHeader(path);
  try {
    const grid = geometry(opened.header, path);
    const count = voxelCount(grid.shape) * grid.volumeCount;
    if (count > maxVoxels) {
      throw new UserError({
        what: `cannot read ${path}`,
        rule: `a file read whole has at most ${maxVoxels} voxels`,
        seen: String(count),
        remedy: "Split the file into its volumes",
      });
    }
    return { ...grid, data: await readScaled(opened, path, 0, count) };
  } finally {
    await opened.close();
  }
}

/**
 * One volume of a NIfTI file as an image.
 *
 * @throws UserError as {@linkcode readNifti}
 */
export async function readImage(
  path: string,
  options: VolumeChoice = {},
): Promise<{ volume: Volume; header: NiftiHeader }> {
  const opened = await openHeader(path);
  try {
    const { shape, affine, volumeCount } = geometry(opened.header, path);
    const chosen = chooseVolume(options, volumeCount, path);
    const count = voxelCount(shape);
    const data = await readScaled(opened, path, chosen * count, count);
    return { volume: { shape, affine, data }, header: opened.header };
  } finally {
    await opened.close();
  }
}

/** Which volume of a file is read. */
export interface VolumeChoice {
  /** Its number, 0 for the first; a file of several is an error without. */
  readonly volume?: number;
  /** The number that takes its place for files of several volumes. */
  readonly usualVolume?: number;
  /** False where `--channel` cannot give a number: the error does not name it then. */
  readonly canChoose?: boolean;
}

/** Takes one plane of a volume: `plane[x + shape[0] * y]` at the index `z`. */
export type TakePlane<Plane> = (plane: Plane, z: number) => void;

/**
 * Reads one volume of a NIfTI file plane by plane, in the order of the file, as {@linkcode readImage}
 * does whole. Work on a plane goes on while the next ones are inflated.
 *
 * @param begin called once with the file's grid; what it returns gets the planes, whose array is
 *   used again for each. That the file is whole is known only when the reading has ended
 * @throws UserError as {@linkcode readNifti}
 */
export async function readPlanes(
  path: string,
  options: VolumeChoice,
  begin: (geometry: NiftiGeometry) => TakePlane<Float32Array>,
): Promise<NiftiGeometry> {
  const opened = await openHeader(path);
  try {
    const grid = geometry(opened.header, path);
    const chosen = chooseVolume(options, grid.volumeCount, path);
    const count = voxelCount(grid.shape);
    const block = grid.shape[0] * grid.shape[1];
    const range = { skipped: chosen * count, count, block };
    const convert = imageConverter(opened.header);
    await readVoxels(opened, path, range, () => begin(grid), (take) => {
      return inPlanes(new Float32Array(block), convert, take);
    });
    return grid;
  } finally {
    await opened.close();
  }
}

/**
 * Reads a NIfTI file of label values plane by plane, as {@linkcode readPlanes} does an image.
 *
 * @throws UserError as {@linkcode readLabels}
 */
export async function readLabelPlanes(
  path: string,
  begin: (geometry: NiftiGeometry) => TakePlane<Uint16Array>,
): Promise<NiftiGeometry> {
  const opened = await openHeader(path);
  try {
    const grid = geometry(opened.header, path);
    requireOneVolume(grid.volumeCount, path);
    const block = grid.shape[0] * grid.shape[1];
    const range = { skipped: 0, count: voxelCount(grid.shape), block };
    const convert = labelConverter(opened.header, path, block);
    await readVoxels(opened, path, range, () => begin(grid), (take) => {
      return inPlanes(new Uint16Array(block), convert, take);
    });
    return grid;
  } finally {
    await opened.close();
  }
}

/**
 * A NIfTI file of label values. Values stored as fractions, or made so by the header's scaling, are
 * rounded when they lie within 0.001 of an integer.
 *
 * @throws UserError as {@linkcode readNifti}, and when the file has several volumes or a value is not
 *   an integer in 0 .. 65535
 */
export async function readLabels(
  path: string,
): Promise<{ labels: LabelVolume; header: NiftiHeader }> {
  const opened = await openHeader(path);
  try {
    const { header } = opened;
    const { shape, affine, volumeCount } = geometry(header, path);
    requireOneVolume(volumeCount, path);
    const count = voxelCount(shape);
    const convert = labelConverter(header, path, usualBlockVoxels);
    const allocate = () => new Uint16Array(count);
    const data = await readVoxels(opened, path, { skipped: 0, count }, allocate, (target) => {
      return (values, first) => convert(values, first, target, first);
    });
    return { labels: { shape, affine, data }, header };
  } finally {
    await opened.close();
  }
}

function geometry(header: NiftiHeader, path: string): NiftiGeometry {
  const { shape, volumeCount } = header;
  return { shape, affine: affineOfHeader(header, path), header, volumeCount };
}

function chooseVolume(
  { volume, usualVolume, canChoose = true }: VolumeChoice,
  volumeCount: number,
  path: string,
): number {
  if (volume === undefined && volumeCount === 1) return 0;
  const asked = volume ?? usualVolume;
  if (asked !== undefined && Number.isInteger(asked) && asked >= 0 && asked < volumeCount) {
    return asked;
  }
  throw new UserError({
    what: `cannot read ${path}`,
    rule: asked === undefined
      ? "a scan must be one volume"
      : `the number of a volume must lie in 0 .. ${volumeCount - 1}`,
    seen: asked === undefined ? `a file of ${volumeCount} volumes` : String(asked),
    remedy: canChoose
      ? "Choose one of the volumes (--channel), or extract it into a file of its own"
      : "Extract one of the volumes into a file of its own",
  });
}

function requireOneVolume(volumeCount: number, path: string): void {
  if (volumeCount === 1) return;
  throw new UserError({
    what: `cannot read ${path}`,
    rule: "labels must be one volume",
    seen: `a file of ${volumeCount} volumes`,
    remedy: "Extract the volume that holds the labels into a file of its own",
  });
}

async function readScaled(
  opened: OpenedHeader,
  path: string,
  skipped: number,
  count: number,
): Promise<Float32Array> {
  const convert = imageConverter(opened.header);
  const allocate = () => new Float32Array(count);
  return await readVoxels(opened, path, { skipped, count }, allocate, (target) => {
    return (values, first) => convert(values, first, target, first);
  });
}

/** Takes blocks that are planes: converts each into the array `plane` and hands that on. */
function inPlanes<Plane extends Float32Array | Uint16Array>(
  plane: Plane,
  convert: ConvertVoxels<Plane>,
  take: TakePlane<Plane>,
): TakeVoxels {
  return (values, first) => {
    if (values.length < plane.length) return; // where the file is cut off, which is found next
    convert(values, first, plane, 0);
    take(plane, first / plane.length);
  };
}

/** Which voxels of a file are read. */
interface VoxelRange {
  /** Voxels before the first. */
  readonly skipped: number;
  readonly count: number;
  /** Voxels that are decoded at a time; as usual unless given. */
  readonly block?: number;
}

/**
 * Voxels from where the header's file left off. The target is allocated once the file is known to
 * be large enough for what its header declares, and filled by the function that `into` makes.
 */
async function readVoxels<Target>(
  opened: OpenedHeader,
  path: string,
  { skipped, count, block }: VoxelRange,
  allocate: () => Target,
  into: (target: Target) => TakeVoxels,
): Promise<Target> {
  const { header } = opened;
  const image = header.isPair ? await openVoxels(path) : opened;
  try {
    const voxelBytes = niftiTypes[header.type].bytes;
    const total = voxelCount(header.shape) * header.volumeCount;
    if (header.voxOffset + total * voxelBytes > image.capacity) {
      throw tooSmall(image.path, header, image.capacity, image.compressed);
    }
    const target = allocateOrExplain(allocate, count, path);
    const start = header.voxOffset - (header.isPair ? 0 : headerBytes[header.version]);
    await image.source.skip(start + skipped * voxelBytes);
    const decoded = await decodeVoxels(image.source, header, count, into(target), block);
    const rest = (total - skipped - count) * voxelBytes;
    const passed = decoded < count ? 0 : await image.source.skip(rest + trailingBytes);
    if (decoded < count || passed < rest) {
      throw cutOff(image.path, skipped + decoded + Math.floor(passed / voxelBytes), total);
    }
    return target;
  } finally {
    if (header.isPair) await image.close();
  }
}

function allocateOrExplain<Target>(allocate: () => Target, count: number, path: string): Target {
  try {
    return allocate();
  } catch (cause) {
    throw new UserError({
      what: `cannot read ${path}`,
      rule: "its voxels must fit in memory",
      seen: `a file of ${count} voxels`,
      remedy: "Use a machine with more memory, or a smaller scan",
    }, { cause });
  }
}

function tooSmall(
  path: string,
  header: NiftiHeader,
  capacity: number,
  compressed: boolean,
): UserError {
  const dimensions = [...header.shape, header.volumeCount].join(" x ");
  return new UserError({
    what: `cannot read ${path}`,
    rule:
      `its header declares ${dimensions} voxels of ${header.type} from byte ${header.voxOffset} on`,
    seen: compressed
      ? `a file that can inflate to ${capacity} bytes at most`
      : `a file of ${capacity} bytes`,
    remedy: "The file is cut off or its header damaged: copy or convert it again",
  });
}

function cutOff(path: string, voxels: number, total: number): UserError {
  return new UserError({
    what: `cannot read ${path}`,
    rule: `its header declares ${total} voxels`,
    seen: `cut off after ${voxels} of them`,
    remedy: "Copy or download the file again",
  });
}
