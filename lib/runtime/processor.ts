/**
 * The processor's instruction sets as Linux lists them; elsewhere its architecture. Two machines
 * that share a cache folder share compiled code only where this is the same.
 */
export function processorFeatures(): string {
  try {
    using file = Deno.openSync("/proc/cpuinfo");
    // The first processor's entry: a server with many would take long to list them all.
    const head = new Uint8Array(8192);
    const length = file.readSync(head) ?? 0;
    const text = new TextDecoder().decode(head.subarray(0, length));
    const features = text.match(/^(?:flags|Features)\s*:.*$/m);
    return features ? features[0] : Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}
