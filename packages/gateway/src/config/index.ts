export { buildSnapshot, type SnapshotContent } from './build-snapshot.ts';
export { type Composed, compose } from './compose.ts';
export { type ExplainedValue, explain } from './explain.ts';
export type { Mistake, Mistakes } from './mistake.ts';
export { openSnapshots, type Snapshots } from './snapshots.ts';
