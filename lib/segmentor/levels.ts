import type { SegmentorConfig } from "../config/config.ts";
import { UserError } from "../errors.ts";

/** What one level of the hierarchy is made of. */
export interface Level {
  /** 0 is the finest. */
  readonly index: number;
  /** Channels that its convolution takes: the finer level's, or the image's. */
  readonly inputs: number;
  readonly channels: number;
  /** Kernel and stride of its convolution. */
  readonly kernel: number;
  readonly blocks: number;
  readonly heads: number;
  /** r of its attention. */
  readonly stride: number;
  /** Edge of its grid, the same for every input that reaches it. */
  readonly gridEdge: number;
}

const FIRST_KERNEL = 4;
const KERNEL = 2;

/** Kernel and stride of the gates at the entry and the exit of stages 2 to N. */
export const GATE_KERNEL = 2;

/** Channels in which the image comes to the first level that runs, or to its gate. */
export function imageChannels({ fineWidth }: SegmentorConfig): number {
  return Math.max(1, fineWidth);
}

/**
 * The levels of a segmentor with N stages, finest first. There are N + 1: stages 1 to N - 1 own a
 * level each, stage N owns two. Level i's grid has the edge `2^(N - 1 - i) s0 / 4`.
 *
 * @throws {UserError} when the configuration contradicts itself, naming the option
 */
export function segmentorLevels(config: SegmentorConfig): Level[] {
  const { stageCount, minEdge, channels, blocks, heads, strides, fineWidth } = config;
  check(
    Number.isInteger(stageCount) && stageCount >= 1,
    "stageCount must be an integer from 1",
    stageCount,
  );
  check(
    Number.isInteger(minEdge) && minEdge >= 8 && minEdge % 8 === 0,
    "minEdge must be a positive multiple of 8",
    minEdge,
  );
  check(
    Number.isInteger(fineWidth) && fineWidth >= 0,
    "fineWidth must be an integer from 0",
    fineWidth,
  );
  for (const [name, list] of Object.entries({ channels, blocks, heads, strides })) {
    const rule = `${name} must list ${stageCount + 1} positive integers, one more than stageCount`;
    const whole = list.every((value) => Number.isInteger(value) && value > 0);
    check(whole && list.length === stageCount + 1, rule, list.join(", "));
  }
  return channels.map((width, index) => {
    const gridEdge = 2 ** (stageCount - 1 - index) * minEdge / 4;
    const [headCount, stride] = [heads[index], strides[index]];
    check(
      width % headCount === 0,
      `heads[${index}] must divide the ${width} channels`,
      headCount,
    );
    check(gridEdge % stride === 0, `strides[${index}] must divide the edge ${gridEdge}`, stride);
    return {
      index,
      inputs: index === 0 ? imageChannels(config) : channels[index - 1],
      channels: width,
      kernel: index === 0 ? FIRST_KERNEL : KERNEL,
      blocks: blocks[index],
      heads: headCount,
      stride,
      gridEdge,
    };
  });
}

function check(holds: boolean, rule: string, seen: number | string): void {
  if (holds) return;
  throw new UserError({
    what: "cannot build the segmentor",
    rule: `segmentor.${rule}`,
    seen: String(seen),
    remedy: "Correct the configuration",
  });
}
