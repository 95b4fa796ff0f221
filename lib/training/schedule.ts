import type { PhaseConfig } from "../config/config.ts";

/** A learning rate that rises linearly, then falls along half a cosine. */
export interface Schedule {
  /** The rate at the end of the warm-up. */
  readonly peak: number;
  /** The rate of the last step and of every step after it. */
  readonly floor: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
}

/** The floor as a share of the peak: the last steps still move, but no longer far. */
const floorShare = 0.01;

/** The schedule of a phase whose epochs have `stepsPerEpoch` steps. */
export function phaseSchedule(phase: PhaseConfig, stepsPerEpoch: number): Schedule {
  return {
    peak: phase.learningRate,
    floor: phase.learningRate * floorShare,
    warmupSteps: Math.min(phase.warmupEpochs, phase.epochs) * stepsPerEpoch,
    totalSteps: phase.epochs * stepsPerEpoch,
  };
}

/**
 * The learning rate of a step, counted from 0 (Loshchilov and Hutter 2017, without restarts). It
 * depends on the step only, so that a resumed run continues it without a jump.
 */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { peak, floor, warmupSteps, totalSteps } = schedule;
  if (step < warmupSteps) return peak * (step + 1) / warmupSteps;
  const fall = Math.max(1, totalSteps - 1 - warmupSteps);
  const progress = Math.min(1, (step - warmupSteps) / fall);
  return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
