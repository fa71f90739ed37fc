/** Time comes in by argument, so that a test can move it. */
export interface Clock {
  /** Wall time in milliseconds since the epoch (UTC). For records and expiry. */
  now(): number;
  /** Milliseconds on a clock that never jumps. For windows, deadlines and durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
