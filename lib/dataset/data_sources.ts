import { UserError } from "../errors.ts";
import { nearestName } from "../nearest_name.ts";
import type { RemoteFile } from "./fetch_file.ts";

/** A public data set. */
export interface DataSource {
  /** Its name for the command line, and of its folder. */
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** How it is cited. */
  readonly reference: string;
  /** A record of Zenodo with its archive's name, or an archive. */
  readonly origin:
    | { readonly kind: "zenodo"; readonly recordUrl: string; readonly archive: string }
    | { readonly kind: "archive"; readonly file: RemoteFile };
}

const amos: DataSource = {
  name: "amos22",
  title: "AMOS22: 15 abdominal organs in 500 CT and 100 MR (about 24 GB)",
  licence: "CC BY 4.0",
  reference: "Ji et al. 2022, doi:10.5281/zenodo.7155725",
  origin: {
    kind: "zenodo",
    recordUrl: "https://zenodo.org/api/records/7155725",
    archive: "amos22.zip",
  },
};

/** The archives' MD5 digests as MONAI (DecathlonDataset) lists them. */
const decathlon: Readonly<Record<string, string>> = {
  Task01_BrainTumour: "240a19d752f0d9e9101544901065d872",
  Task02_Heart: "06ee59366e1e5124267b774dbd654057",
  Task03_Liver: "a90ec6c4aa7f6a3d087205e23d4e6397",
  Task04_Hippocampus: "9d24dba78a72977dbd1d2e110310f31b",
  Task05_Prostate: "35138f08b1efaef89d7424d2bcc928db",
  Task06_Lung: "8afd997733c7fc0432f71255ba4e52dc",
  Task07_Pancreas: "4f7080cfca169fa8066d17ce6eb061e4",
  Task08_HepaticVessel: "641d79e80ec66453921d997fbf12a29c",
  Task09_Spleen: "410d4a301da4e5b2f6f86ec3ddba524e",
  Task10_Colon: "bad7a188931dc2f6acf72b08eb6202d0",
};

/** The data sets that can be downloaded. */
export const dataSources: readonly DataSource[] = [
  amos,
  ...Object.entries(decathlon).map(([name, md5]): DataSource => ({
    name,
    title: `Medical Segmentation Decathlon, ${name.replace("_", ": ")}`,
    licence: "CC BY-SA 4.0",
    reference: "Antonelli et al. 2022, doi:10.1038/s41467-022-30695-9",
    origin: {
      kind: "archive",
      file: {
        url: `https://msd-for-monai.s3-us-west-2.amazonaws.com/${name}.tar`,
        name: `${name}.tar`,
        bytes: null,
        md5,
      },
    },
  })),
];

/**
 * The source of a name: "amos22", "Task04_Hippocampus", "task04" or "hippocampus".
 *
 * @throws UserError for another name, listing the known ones
 */
export function findSource(name: string): DataSource {
  const key = name.toLowerCase();
  const found = dataSources.find((source) => {
    const full = source.name.toLowerCase();
    return key === full || (full.startsWith("task") && full.split("_").includes(key));
  });
  if (found !== undefined) return found;
  const names = dataSources.map((source) => source.name);
  const nearest = nearestName(name, names);
  throw new UserError({
    what: `cannot download ${name}`,
    rule: `the data set must be one of ${names.join(", ")}`,
    remedy: nearest === undefined ? "Choose one of them" : `Did you mean ${nearest}?`,
  });
}

/**
 * The archive of a source; asks Zenodo where its record is there.
 *
 * @throws UserError when the record cannot be had or does not list the archive
 */
export async function resolveArchive(
  { origin }: DataSource,
  signal?: AbortSignal,
): Promise<RemoteFile> {
  if (origin.kind === "archive") return origin.file;
  const fault = (rule: string, seen: string) =>
    new UserError({
      what: `cannot read the record ${origin.recordUrl}`,
      rule,
      seen,
      remedy: "Check the network, or look at the record's page",
    });
  let record: unknown;
  try {
    const response = await fetch(origin.recordUrl, {
      headers: { Accept: "application/json" },
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw fault("the server must have it", `refused (${response.status})`);
    }
    record = await response.json();
  } catch (error) {
    if (error instanceof UserError || signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw fault("the server must answer", `out of reach (${reason})`);
  }
  const files = listFiles(record);
  const file = files.find(({ name }) => name === origin.archive);
  if (file !== undefined) return file;
  const names = files.map(({ name }) => name).join(", ");
  throw fault(`it must list ${origin.archive}`, `listing ${names || "nothing"}`);
}

/** The files of a Zenodo record: `files: [{key, size, checksum: "md5:...", links: {self}}]`. */
function listFiles(record: unknown): RemoteFile[] {
  if (!hasFiles(record)) return [];
  return record.files.flatMap((file) => {
    const url = file?.links?.self;
    if (typeof file?.key !== "string" || typeof url !== "string") return [];
    return [{
      url,
      name: file.key,
      bytes: typeof file.size === "number" ? file.size : null,
      md5: file.checksum?.match(/^md5:([0-9a-f]{32})$/)?.[1] ?? null,
    }];
  });
}

interface ZenodoFile {
  readonly key?: string;
  readonly size?: number;
  readonly checksum?: string;
  readonly links?: { readonly self?: string };
}

function hasFiles(record: unknown): record is { files: readonly (ZenodoFile | null)[] } {
  return typeof record === "object" && record !== null && "files" in record &&
    Array.isArray(record.files);
}
