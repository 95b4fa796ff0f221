/** What cannot be done, which rule stops it, the value seen, and what to do next. */
export interface UserErrorParts {
  /** What cannot be done, naming the file or option: "cannot read scan.nii.gz". */
  readonly what: string;
  /** The rule that stops it: "dim[0] must lie in 1..7". */
  readonly rule: string;
  /** The value seen: "200". */
  readonly seen?: string;
  /** What to do next: "convert the file again from its source". */
  readonly remedy: string;
}

/**
 * An error caused by input, environment or use, not by a fault of this program.
 *
 * The command line prints its message without a stack trace and exits with a code that is not 0.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly parts: UserErrorParts;

  constructor(parts: UserErrorParts, options?: ErrorOptions) {
    const seen = parts.seen === undefined ? "" : `, but it is ${parts.seen}`;
    super(`${parts.what}: ${parts.rule}${seen}. ${parts.remedy}`, options);
    this.parts = parts;
  }
}
