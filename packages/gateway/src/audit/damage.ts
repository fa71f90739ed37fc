import { segmentName } from './segment.ts';

/** Where a log is not what was written. */
export interface Damage {
  readonly log: string;
  /** File name. */
  readonly segment: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** The first record that is in doubt. */
  readonly index: number;
  readonly problem: string;
}

export const damageAt = (
  log: string,
  place: { readonly segment: number; readonly offset: number; readonly index: number },
  problem: string,
): Damage => ({
  log,
  segment: segmentName(place.segment),
  offset: place.offset,
  index: place.index,
  problem,
});

/** For the operator: what, where, and how to recover. */
export const describeDamage = (d: Damage): string =>
  `journal ${d.log}, segment ${d.segment}, byte ${d.offset}, from record ${d.index}: ${d.problem}. Nothing was changed. ` +
  `To recover, keep a copy of the directory, then put ${d.segment} back from a backup; to go on without it, move the whole directory of ` +
  `this log away and keep it as evidence: a new log begins.`;
