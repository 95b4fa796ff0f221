import { UserError } from "../errors.ts";

/** One entry of the lists of AMOS22 and the Decathlon; paths relative to the data set. */
export interface ListedCase {
  readonly image: string;
  readonly label: string | null;
}

/** What is used of a dataset.json, in one form for all layouts. */
export interface DatasetJson {
  /** Its top-level keys, for messages. */
  readonly keys: readonly string[];
  /** `channel_names` or `modality`: channel names by number. */
  readonly channelNames?: readonly string[];
  /** Label values by name, background apart. */
  readonly labels: Readonly<Record<string, number>>;
  readonly training?: readonly ListedCase[];
  readonly validation?: readonly ListedCase[];
  readonly test?: readonly ListedCase[];
  readonly numTraining: number | null;
  /** ".nii.gz" unless it says otherwise. */
  readonly fileEnding: string;
}

/**
 * Reads and checks the description of a data set.
 *
 * @throws UserError that names the file, the field and its rule
 */
export async function readDatasetJson(path: string): Promise<DatasetJson> {
  const json = await readJsonObject(path);
  const channels = json.channel_names ?? json.modality;
  return {
    keys: Object.keys(json),
    channelNames: channels === undefined ? undefined : readChannels(channels, path),
    labels: readLabelNames(json.labels, path),
    training: readList(json, "training", path),
    validation: readList(json, "validation", path),
    test: readList(json, "test", path),
    numTraining: typeof json.numTraining === "number" ? json.numTraining : null,
    fileEnding: typeof json.file_ending === "string" ? json.file_ending : ".nii.gz",
  };
}

/** @throws UserError unless the file holds a JSON object */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = await readJson(path);
  } catch (error) {
    const seen = error instanceof Error ? `not readable (${error.message})` : "not readable";
    throw fault(path, "it must be a file of JSON", seen);
  }
  if (!isObject(value)) throw fault(path, "it must hold a JSON object", JSON.stringify(value));
  return value;
}

/** The content of a file of JSON, with or without a byte order mark; what fails is thrown as it is. */
export async function readJson(path: string): Promise<unknown> {
  return JSON.parse((await Deno.readTextFile(path)).replace(/^\uFEFF/, ""));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readChannels(value: unknown, path: string): string[] {
  const names = isObject(value) || Array.isArray(value) ? Object.values(value) : [value];
  if (names.length === 0 || !names.every((name) => typeof name === "string")) {
    throw fault(path, "channel_names or modality must name its channels", JSON.stringify(value));
  }
  return names as string[];
}

/**
 * Label values by name, from `{"name": value}` (nnU-Net), `{"value": "name"}` (AMOS22, Decathlon)
 * or a mixture. Of an nnU-Net region, which is a list of values, the values are kept that have no
 * name of their own, named by their numbers. Background is left out.
 *
 * @throws UserError when a value is not an integer in 0 .. 65535, two names share one, a name has two,
 *   or one is for voxels that are to be ignored
 */
export function readLabelNames(value: unknown, path: string): Record<string, number> {
  if (value === undefined) return {};
  if (!isObject(value)) throw fault(path, "labels must be an object", JSON.stringify(value));
  const labels: Record<string, number> = {};
  const names = new Map<number, string>();
  const declare = (name: string, number: number, entry: string) => {
    if (!Number.isInteger(number) || number < 0 || number > 65535) {
      throw fault(path, "a label value must be an integer in 0 .. 65535", entry);
    }
    if (number === 0) return;
    if (name === "ignore") {
      throw fault(
        path,
        "voxels that nobody labelled (nnU-Net's ignore) cannot be left out",
        entry,
        "Give them a label, or leave cases that have such voxels out",
      );
    }
    const other = names.get(number);
    if (other !== undefined) {
      throw fault(path, "a label value must have one name", `${number} for ${other} and ${name}`);
    }
    if (Object.hasOwn(labels, name)) {
      throw fault(
        path,
        "a name must have one label value",
        `${labels[name]} and ${number} of ${name}`,
      );
    }
    names.set(number, name);
    labels[name] = number;
  };
  const regionValues: number[] = [];
  for (const [key, entry] of Object.entries(value)) {
    const shown = JSON.stringify({ [key]: entry });
    if (Array.isArray(entry)) regionValues.push(...regionOf(entry, path, shown));
    else if (typeof entry === "string" && /^\d+$/.test(key)) declare(entry, Number(key), shown);
    else declare(key, toNumber(entry), shown);
  }
  for (const number of new Set(regionValues)) {
    if (!names.has(number)) declare(String(number), number, String(number));
  }
  return labels;
}

function regionOf(entry: readonly unknown[], path: string, shown: string): number[] {
  const values = entry.map(toNumber);
  if (values.length > 0 && values.every(Number.isFinite)) return values;
  throw fault(path, "a region must be a list of label values", shown);
}

/** A number, or one in digits; NaN for anything else. */
function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : NaN;
}

function readList(
  json: Record<string, unknown>,
  key: string,
  path: string,
): ListedCase[] | undefined {
  const list = json[key];
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw fault(path, `${key} must be a list`, JSON.stringify(list));
  return list.map((entry) => {
    if (typeof entry === "string") return { image: entry, label: null };
    if (isObject(entry) && typeof entry.image === "string") {
      return { image: entry.image, label: typeof entry.label === "string" ? entry.label : null };
    }
    throw fault(path, `each entry of ${key} must name an image`, JSON.stringify(entry));
  });
}

function fault(path: string, rule: string, seen: string, remedy = "Correct the file"): UserError {
  return new UserError({ what: `cannot read ${path}`, rule, seen, remedy });
}
