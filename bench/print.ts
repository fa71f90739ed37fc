import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Cell, Finding, Latency, MemoryRow, Segment, Spread } from './compare.ts';
import type { GuardTimes } from './guards.ts';
import { median } from './measure.ts';
import type { TargetName } from './target.ts';

const TARGETS: readonly TargetName[] = ['direct', 'pass-through', 'sallyport', 'earlier'];

const row = (...cells: readonly (string | number)[]): string =>
  cells.map((cell, at) => String(cell)[at === 0 ? 'padEnd' : 'padStart'](14)).join(' ');

const spread = ({ median: middle, min, max }: Spread, digits: number): string =>
  `${middle.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;

const middleOf = (segments: readonly Segment[], target: TargetName, read: (segment: Segment) => number): number =>
  median(segments.filter((segment) => segment.target === target).map(read));

const segmentRows = (segments: readonly Segment[], cpuHeading: string): readonly string[] => [
  row('', cpuHeading, 'upstream ms', 'load ms', 'calls/s', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'errors'),
  ...TARGETS.filter((target) => segments.some((each) => each.target === target)).map((target) => {
    const read = (pick: (segment: Segment) => number, digits: number): string => middleOf(segments, target, pick).toFixed(digits);
    const errors = segments.filter((each) => each.target === target).reduce((sum, each) => sum + each.errors, 0);
    return row(
      target,
      read((each) => each.cpuMsPer1000, 1),
      read((each) => each.upstreamCpuMsPer1000, 1),
      read((each) => (each.ownCpu * 1e6) / each.calls, 1),
      read((each) => each.perSecond, 0),
      ...(['p50', 'p90', 'p99', 'max'] as const).map((at) => read((each) => each.latency[at], 3)),
      errors,
    );
  }),
];

const guardRows = (guards: GuardTimes | null): readonly string[] => {
  if (guards === null) return [];
  const calls = Math.max(1, ...Object.values(guards).map(({ count }) => count));
  const rows = Object.entries(guards).map(([name, { count, us }]) =>
    row(name.slice(0, 30).padEnd(30), count, (us / Math.max(1, count)).toFixed(1), (us / calls).toFixed(1)),
  );
  return ['', row('guard'.padEnd(30), 'count', 'us each', 'us per call'), ...rows];
};

const cellText = (cell: Cell): string =>
  [
    `\n${cell.era}, closed loop, c = ${cell.concurrency}, ${cell.size} results (CPU: ms per 1,000 calls, of the target's own process)`,
    ...segmentRows(cell.segments, 'CPU ms'),
    `CPU per call, Sallyport / pass-through: ${spread(cell.cpuRatio, 2)}   throughput: ${spread(cell.throughputRatio, 2)}`,
    ...(cell.againstEarlier === null ? [] : [`CPU per call, Sallyport / earlier: ${spread(cell.againstEarlier, 2)}`]),
    ...guardRows(cell.guards),
  ].join('\n');

const lag = (segments: readonly Segment[]): string =>
  `${median(segments.map((each) => each.lagP50)).toFixed(3)} / ${median(segments.map((each) => each.lagP99)).toFixed(3)}`;

const latencyText = (found: Latency): string =>
  [
    `\n${found.era}, open loop, ${found.rate} calls/s, ${found.size} results (latency from the moment each call was due)`,
    ...segmentRows(found.segments, 'CPU ms'),
    `added over direct:       p50 ${spread(found.addedP50, 3)} ms   p99 ${spread(found.addedP99, 3)} ms`,
    `added over pass-through: p50 ${spread(found.overPassThroughP50, 3)} ms   p99 ${spread(found.overPassThroughP99, 3)} ms`,
    `F (1 KB written and synced): p50 ${found.f50.toFixed(3)} ms, p99 ${found.f99.toFixed(3)} ms   generator's own lag p50 / p99: ${lag(found.segments)} ms`,
  ].join('\n');

const memoryText = ({ era, target, memory }: MemoryRow): string =>
  `${era} ${target}: resident ${memory.nowMb.toFixed(0)} MB, peak ${memory.peakMb.toFixed(0)} MB`;

/** The text for people, or null for what is only in the JSON lines. */
export const textOf = (finding: Finding): string | null => {
  if (finding.type === 'cell') return cellText(finding);
  if (finding.type === 'latency') return latencyText(finding);
  return finding.type === 'memory' ? memoryText(finding) : null;
};

/** What the figures were measured on. */
export const machine = (): string => {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}, Node ${process.version}`;
};
