/** The flag of every verb that opens a data set: what its scans are, where it does not say. */
export const modalityFlag = {
  type: "text",
  choices: ["ct", "mr"],
  description: "overrules what the data set says of itself",
} as const;
