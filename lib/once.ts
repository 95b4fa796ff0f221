/** Calls `make` when first asked, and gives the same object ever after. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
