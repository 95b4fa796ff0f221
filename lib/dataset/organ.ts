import { UserError } from "../errors.ts";
import { nearestName } from "../nearest_name.ts";

/** A class inside an organ: one or several label values taken together. */
export interface OrganClass {
  readonly name: string;
  readonly values: readonly number[];
}

/** What is to be found and segmented: a region of one or several classes. */
export interface Organ {
  readonly name: string;
  readonly classes: readonly OrganClass[];
}

/** Names of the same organ, among them the misspelt ones of published data sets. */
const synonyms: readonly (readonly string[])[] = [
  ["aorta", "arota"],
  ["postcava", "inferior vena cava", "ivc", "vena cava inferior", "inferior cava"],
  ["prostate/uterus", "prostate", "uterus", "prostate or uterus"],
  ["gall bladder", "gallbladder"],
  ["esophagus", "oesophagus", "esophageus"],
  ["bladder", "urinary bladder"],
  ["right kidney", "kidney r"],
  ["left kidney", "kidney l"],
  ["right adrenal gland", "adrenal gland r", "rad"],
  ["left adrenal gland", "adrenal gland l", "lad"],
];

const canonicalNames = new Map(
  synonyms.flatMap((names) => names.map((name) => [wordsOf(name), wordsOf(names[0])])),
);

/** Lower case, words in alphabetical order: "Kidney_Right" is "right kidney". */
function wordsOf(name: string): string {
  const words = name.normalize("NFKC").toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return words.filter((word) => word !== "").sort().join(" ");
}

/**
 * Reads what is to be segmented from a text, with the label names of a data set:
 *
 * - `liver`: one label. Upper and lower case, underscores and the order of words do not matter, and
 *   the usual names of an organ stand for each other (IVC and postcava, aorta and AMOS22's arota).
 * - `kidneys=right kidney+left kidney`: two labels as one class.
 * - `hippocampus=anterior,posterior`: two classes in one region.
 *
 * A number stands for a label, declared or not where the data set declares none.
 *
 * @throws UserError for a name that the data set does not have, listing those it has; for
 *   background; for a label in two classes
 */
export function parseOrgan(spec: string, labels: Readonly<Record<string, number>>): Organ {
  // A label may have one of the signs in its own name, but then it has to be written out.
  const isPlain = !/[=+,]/.test(spec) || Object.hasOwn(labels, spec.trim());
  const whole = isPlain ? requireLabel(spec.trim(), labels, spec) : undefined;
  if (whole !== undefined) return { name: whole.name, classes: [toClass(whole.name, [whole])] };
  const equals = spec.indexOf("=");
  const given = equals < 0 ? undefined : spec.slice(0, equals).trim();
  const classes = spec.slice(equals + 1).split(",").map((part) => {
    const members = part.split("+").map((name) => requireLabel(name.trim(), labels, spec));
    return toClass(members.map(({ name }) => name).join("+"), members);
  });
  refuseOverlap(classes, spec);
  const name = given || classes.map((one) => one.name).join("+");
  return { name, classes: classes.length === 1 ? [{ ...classes[0], name }] : classes };
}

/** All label values of an organ, whatever their class. */
export function organValues(organ: Organ): number[] {
  return organ.classes.flatMap(({ values }) => values);
}

interface NamedLabel {
  readonly name: string;
  readonly value: number;
}

function toClass(name: string, members: readonly NamedLabel[]): OrganClass {
  return { name, values: [...new Set(members.map(({ value }) => value))] };
}

/** The label of a name: as written, else by its words, else by a synonym; the first that is one. */
function findLabel(
  text: string,
  labels: Readonly<Record<string, number>>,
): NamedLabel | undefined {
  const declared = Object.entries(labels).map(([name, value]) => ({ name, value }));
  const byName = declared.find(({ name }) => name === text);
  if (byName !== undefined) return byName;
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    const byValue = declared.find((label) => label.value === value);
    if (byValue !== undefined) return byValue;
    const isFree = declared.length === 0 && value >= 1 && value <= 65535;
    return isFree ? { name: `label ${value}`, value } : undefined;
  }
  const words = wordsOf(text);
  const canonical = canonicalNames.get(words) ?? words;
  return declared.find(({ name }) => wordsOf(name) === words) ??
    declared.find(({ name }) => (canonicalNames.get(wordsOf(name)) ?? wordsOf(name)) === canonical);
}

function requireLabel(
  text: string,
  labels: Readonly<Record<string, number>>,
  spec: string,
): NamedLabel {
  const found = findLabel(text, labels);
  if (found !== undefined) return found;
  const names = Object.keys(labels);
  const nearest = nearestName(text, names);
  throw new UserError({
    what: `cannot use the organ "${spec}"`,
    rule: names.length === 0
      ? "the data set does not name its labels, so each must be a number from 1 to 65535"
      : "each of its parts must be a label of the data set, other than background",
    seen: `"${text}"`,
    remedy: [
      ...(nearest === undefined ? [] : [`Did you mean "${nearest}"?`]),
      names.length === 0
        ? "Give a number, or declare names in labels.json"
        : `Labels: ${names.map((name) => `${name} (${labels[name]})`).join(", ")}`,
    ].join(" "),
  });
}

function refuseOverlap(classes: readonly OrganClass[], spec: string): void {
  const owner = new Map<number, string>();
  for (const { name, values } of classes) {
    for (const value of values) {
      if (owner.has(value)) {
        throw new UserError({
          what: `cannot use the organ "${spec}"`,
          rule: "a label must be in one of its classes only",
          seen: `${value} in ${owner.get(value)} and in ${name}`,
          remedy: "Name each label once",
        });
      }
      owner.set(value, name);
    }
  }
}
