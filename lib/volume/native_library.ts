import { describeVolumeLibrary } from "../runtime/volume_library.ts";
import type { VolumeKernels } from "./kernels.ts";
import type { StoredValues } from "./voxel_decoder.ts";

/** The functions of `native/volume.cc`, as Deno calls them. */
export const volumeSymbols = {
  roiseg_inflater: { parameters: [], result: "pointer" },
  roiseg_inflater_delete: { parameters: ["pointer"], result: "void" },
  roiseg_inflater_feed: { parameters: ["pointer", "buffer", "u32"], result: "void" },
  roiseg_inflater_step: {
    // No buffer of this script: it would be freed under the call's hands when its worker ends.
    parameters: ["pointer"],
    result: "i32",
    nonblocking: true, // on another thread
  },
  roiseg_inflater_portion: { parameters: ["pointer", "i32"], result: "pointer" },
  roiseg_inflater_room: { parameters: [], result: "u32" },
  roiseg_inflater_portion_size: { parameters: ["pointer"], result: "u32" },
  roiseg_inflater_unused: { parameters: ["pointer"], result: "u32" },
  roiseg_resample_plane: {
    parameters: [
      "buffer",
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "void",
  },
  roiseg_mask_plane: {
    parameters: ["buffer", "i32", "i32", "i32", "i32", "i32", "buffer", "i32", "buffer"],
    result: "bool",
  },
  roiseg_add_scaled: { parameters: ["buffer", "buffer", "u32", "f64"], result: "void" },
  roiseg_apply_curve: { parameters: ["buffer", "u32", "buffer", "u32"], result: "void" },
  roiseg_change_contrast: {
    parameters: ["buffer", "u32", "f64", "f64", "buffer", "buffer"],
    result: "void",
  },
  roiseg_resample_affine: {
    parameters: ["buffer", "i32", "i32", "i32", "i32", "buffer", "buffer", "buffer"],
    result: "void",
  },
  roiseg_project_slices: {
    parameters: ["buffer", "i32", "i32", "i32", "i32", "i32", "buffer", "buffer", "buffer"],
    result: "void",
  },
  roiseg_scale: { parameters: ["buffer", "i32", "u32", "f64", "f64", "buffer"], result: "void" },
  roiseg_widen_labels: { parameters: ["buffer", "u32", "buffer"], result: "void" },
  roiseg_rows_set: { parameters: ["buffer", "i32", "u32", "buffer"], result: "void" },
  roiseg_window: { parameters: ["buffer", "u32", "f64", "f64", "buffer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

type Functions = Deno.StaticForeignLibraryInterface<typeof volumeSymbols>;

/** The compiled functions for volumes, whose sources are in `native/`. */
export interface NativeLibrary {
  readonly kernels: VolumeKernels;
  /** A new deflate stream, in the order of its calls: feed, step, ..., then delete. */
  readonly inflater: {
    create(): Deno.PointerValue;
    feed(inflater: Deno.PointerValue, bytes: Uint8Array<ArrayBuffer>): void;
    /** Inflates the next portion on another thread. */
    step(inflater: Deno.PointerValue): Promise<number>;
    /**
     * The inflater's own memory, to whose begin the steps write in turns, the first one at turn 0. What
     * is there is good until the step after the next one is begun or the inflater is deleted.
     */
    portions(inflater: Deno.PointerValue): readonly [Uint8Array, Uint8Array];
    /** How many bytes the last step wrote. */
    portionSize(inflater: Deno.PointerValue): number;
    /** Bytes fed that lie behind the stream's end. */
    unused(inflater: Deno.PointerValue): number;
    delete(inflater: Deno.PointerValue): void;
  };
}

let library: NativeLibrary | null | undefined;

/** The compiled functions, or null where they are not built or switched off. */
export function nativeLibrary(): NativeLibrary | null {
  if (library === undefined) library = open(); // null is an answer, too: asking anew takes 5 ms
  return library;
}

function open(): NativeLibrary | null {
  const { state, path } = describeVolumeLibrary();
  if (state !== "built") return null;
  try {
    // Never closed: a worker's end would take it from the others.
    return bind(Deno.dlopen(path, volumeSymbols).symbols);
  } catch {
    return null; // of another system, in a cache folder that several share
  }
}

function bind(native: Functions): NativeLibrary {
  return {
    kernels: {
      scale({ values, slope, intercept, result, start }) {
        const type = storedTypes.findIndex((array) => values instanceof array);
        const target = result.subarray(start, start + values.length);
        native.roiseg_scale(bytes(values), type, values.length, slope, intercept, bytes(target));
      },
      widenLabels(values, result, start) {
        const target = result.subarray(start, start + values.length);
        native.roiseg_widen_labels(bytes(values), values.length, bytes(target));
      },
      rowsSet(values, width, isSet) {
        const rowBytes = width * values.BYTES_PER_ELEMENT;
        native.roiseg_rows_set(bytes(values), rowBytes, isSet.length, bytes(isSet));
      },
      resamplePlane({ values, start, width, columns, alongX, alongY, rows, result }) {
        native.roiseg_resample_plane(
          bytes(start === 0 ? values : values.subarray(start)),
          width,
          columns.from,
          columns.to - columns.from,
          alongX.length,
          alongX.taps,
          bytes(alongX.first),
          bytes(alongX.weights),
          alongY.length,
          alongY.taps,
          bytes(alongY.first),
          bytes(alongY.weights),
          bytes(rows),
          bytes(result),
        );
      },
      maskPlane({ labels, width, columns, rows, values, result }) {
        return native.roiseg_mask_plane(
          bytes(labels),
          width,
          columns.from,
          columns.to,
          rows.from,
          rows.to,
          bytes(values),
          values.length,
          bytes(result),
        );
      },
      addScaled(result, start, values, weight) {
        const target = result.subarray(start, start + values.length);
        native.roiseg_add_scaled(bytes(target), bytes(values), values.length, weight);
      },
      window(values, low, scale, result) {
        native.roiseg_window(bytes(values), values.length, low, scale, bytes(result));
      },
      applyCurve(values, curve) {
        native.roiseg_apply_curve(bytes(values), values.length, bytes(curve), curve.length);
      },
      changeContrast({ values, contrast, offset, noise, places }) {
        const count = values.length;
        native.roiseg_change_contrast(
          bytes(values),
          count,
          contrast,
          offset,
          bytes(noise),
          bytes(places),
        );
      },
      resampleAffine({ source, shape: [width, height, depth], channels, matrix, offset, result }) {
        native.roiseg_resample_affine(
          bytes(source),
          width,
          height,
          depth,
          channels,
          bytes(matrix),
          bytes(offset),
          bytes(result),
        );
      },
      projectSlices({ values, shape: [outer, slices, inner], along, result }) {
        native.roiseg_project_slices(
          bytes(values),
          outer,
          slices,
          inner,
          along.length,
          along.taps,
          bytes(along.first),
          bytes(along.weights),
          bytes(result),
        );
      },
    },
    inflater: {
      create: () => native.roiseg_inflater(),
      feed: (inflater, input) => native.roiseg_inflater_feed(inflater, input, input.length),
      step: (inflater) => native.roiseg_inflater_step(inflater),
      portions(inflater) {
        const room = native.roiseg_inflater_room();
        const at = (turn: number) => {
          const start = native.roiseg_inflater_portion(inflater, turn)!;
          return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(start, room));
        };
        return [at(0), at(1)];
      },
      portionSize: (inflater) => native.roiseg_inflater_portion_size(inflater),
      unused: (inflater) => native.roiseg_inflater_unused(inflater),
      delete: (inflater) => native.roiseg_inflater_delete(inflater),
    },
  };
}

/** In the order of `Stored` in `native/stored.h`. */
const storedTypes = [
  Uint8Array,
  Int8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];

function bytes(values: StoredValues): BufferSource {
  return values as BufferSource;
}
