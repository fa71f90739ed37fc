/** Counts values by size. Adding allocates nothing; reading is for whoever scrapes. */
export class Histogram {
  /** Upper ends of the buckets, ascending. */
  readonly bounds: readonly number[];
  /** Values by bucket, not yet summed up; those above the last bound are in `count` alone. */
  readonly buckets: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = new Float64Array(bounds.length);
  }

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    const { bounds, buckets } = this;
    for (let i = 0; i < bounds.length; i++)
      if (value <= (bounds[i] as number)) {
        buckets[i] = (buckets[i] as number) + 1;
        return;
      }
  }
}

/** Microseconds, for steps that take from microseconds to a second. */
export const STEP_BOUNDS: readonly number[] = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 50_000, 250_000, 1_000_000];

/** Microseconds, for what waits for a server: from a millisecond to the longest that a call may take. */
export const CALL_BOUNDS: readonly number[] = [
  1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
  300_000_000,
];
