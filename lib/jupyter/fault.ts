/** What is wrong with a notebook. */
export interface Fault {
  /** File name of the notebook. */
  readonly notebook: string;
  /** The code cell, counted from 1 as Jupyter numbers them after running all. */
  readonly cell?: number;
  /** The line in the cell, counted from 1. */
  readonly line?: number;
  readonly message: string;
}

/** A fault as a line for people: "01_data_prep.ipynb, code cell 3, line 2: ...". */
export function formatFault({ notebook, cell, line, message }: Fault): string {
  const place = [
    notebook,
    ...(cell === undefined ? [] : [`code cell ${cell}`]),
    ...(line === undefined ? [] : [`line ${line}`]),
  ];
  return `${place.join(", ")}: ${message}`;
}
