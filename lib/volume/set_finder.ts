/**
 * A function that gives the first index from one on whose value is not 0, before another (the length),
 * or that other where there is none. It looks at 32 bytes at a time, since masks and labels are 0
 * almost everywhere.
 */
export function setFinder(data: Uint8Array | Uint16Array): (from: number, to?: number) => number {
  const perWord = 4 / data.BYTES_PER_ELEMENT;
  const start = data.byteOffset + 3 & ~3;
  const head = (start - data.byteOffset) / data.BYTES_PER_ELEMENT;
  const count = Math.max(0, Math.floor((data.length - head) / perWord));
  const words = count === 0 ? new Int32Array(0) : new Int32Array(data.buffer, start, count);
  return (from, to = data.length) => {
    let at = from;
    while (at < to && data[at] === 0 && (at - head) % perWord !== 0) at++;
    if (at >= to || data[at] !== 0) return Math.min(at, to);
    let word = (at - head) / perWord;
    const end = Math.min(count, Math.floor((to - head) / perWord));
    while (
      word + 8 <= end &&
      (words[word] | words[word + 1] | words[word + 2] | words[word + 3] |
          words[word + 4] | words[word + 5] | words[word + 6] | words[word + 7]) === 0
    ) word += 8;
    while (word < end && words[word] === 0) word++;
    at = head + perWord * word;
    while (at < to && data[at] === 0) at++;
    return Math.min(at, to);
  };
}
