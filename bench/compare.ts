import type { Era } from './answer.ts';
import type { SizeOption } from './call.ts';
import type { Child } from './child.ts';
import { type GuardTimes, guardsBetween, readGuards } from './guards.ts';
import type { Job, Measured } from './job.ts';
import { type Memory, median, memoryOf, percentile, syncedWrites } from './measure.ts';
import { openStage, type Stage, type StageOptions, type Target, type TargetName } from './target.ts';

export interface Plan {
  readonly concurrencies: readonly number[];
  readonly sizes: readonly SizeOption[];
  readonly rounds: number;
  readonly seconds: number;
  /** Calls a second of the open loop, and the sizes that it is run with; none leaves it out. */
  readonly rate: number;
  readonly rateSizes: readonly SizeOption[];
}

/** One target under one load, measured once. CPU is that of the target's own process. */
export interface Segment extends Measured {
  readonly type: 'segment';
  readonly era: Era;
  readonly load: Job['load'];
  readonly size: SizeOption;
  readonly round: number;
  readonly target: TargetName;
  readonly cpuMsPer1000: number;
  readonly upstreamCpuMsPer1000: number;
}

/** A number with its spread over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The targets side by side under one closed-loop load. */
export interface Cell {
  readonly type: 'cell';
  readonly era: Era;
  readonly concurrency: number;
  readonly size: SizeOption;
  readonly segments: readonly Segment[];
  /** CPU per call of the gateway as a multiple of the pass-through's, of neighbours in time. */
  readonly cpuRatio: Spread;
  /** The same as a multiple of the earlier gateway's; null where none is measured. */
  readonly againstEarlier: Spread | null;
  /** Throughput of the gateway as a share of the pass-through's. */
  readonly throughputRatio: Spread;
  /** Where the gateway's time went while this cell ran. */
  readonly guards: GuardTimes | null;
}

/** What a call costs in time at a fixed rate. All in milliseconds; F as DESIGN section 8 has it. */
export interface Latency {
  readonly type: 'latency';
  readonly era: Era;
  readonly rate: number;
  readonly size: SizeOption;
  readonly segments: readonly Segment[];
  /** Over the direct call. */
  readonly addedP50: Spread;
  readonly addedP99: Spread;
  /** Over the pass-through. */
  readonly overPassThroughP50: Spread;
  readonly overPassThroughP99: Spread;
  readonly f50: number;
  readonly f99: number;
}

export interface MemoryRow {
  readonly type: 'memory';
  readonly era: Era;
  readonly target: TargetName;
  readonly memory: Memory;
}

export type Finding = Segment | Cell | Latency | MemoryRow;

const WARM_UP_SECONDS = 0.5;
/** A target's first job also opens 200 sessions, and its code is cold: the engine optimises over some ten thousand calls. */
const FIRST_SECONDS = 10;
const SYNC_PROBES = 300;
/** The open loop is run longer: at 500 calls a second a p99 needs its thousands of calls. */
const RATE_TIMES = 2;

const spreadOf = (values: readonly number[]): Spread => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });

interface Condition {
  readonly era: Era;
  readonly load: Job['load'];
  readonly size: SizeOption;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

const runJob = async (load: Child, upstream: number, target: Target, condition: Condition): Promise<Measured> => {
  const job: Job = { ...condition, mcp: target.mcp, keys: target.keys, pids: [target.pid, upstream] };
  const withinMs = (condition.seconds + condition.warmUpSeconds) * 1000 + 60_000;
  const answer = (await load.ask(job, withinMs)) as Measured | { readonly failed: string };
  if ('failed' in answer) throw new Error(`${target.name}: ${answer.failed}`);
  return answer;
};

const segmentOf = (measured: Measured, condition: Condition, round: number, target: TargetName): Segment => {
  const per1000 = (at: number): number => ((measured.cpu[at] ?? Number.NaN) * 1e6) / measured.calls;
  const { era, load, size } = condition;
  return { type: 'segment', era, load, size, round, target, cpuMsPer1000: per1000(0), upstreamCpuMsPer1000: per1000(1), ...measured };
};

/** Runs the condition on each target in turn, round by round, every second round backwards so that drift cancels out. */
async function* runRounds(stage: Stage, condition: Condition, rounds: number): AsyncGenerator<Segment> {
  const upstream = stage.targets[0]?.pid ?? Number.NaN;
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? stage.targets : [...stage.targets].reverse();
    for (const target of order) {
      const measured = await runJob(stage.load, upstream, target, condition);
      yield segmentOf(measured, condition, round, target.name);
    }
  }
}

const warmUp = async (stage: Stage, condition: Condition): Promise<void> => {
  const upstream = stage.targets[0]?.pid ?? Number.NaN;
  for (const target of stage.targets) await runJob(stage.load, upstream, target, { ...condition, seconds: FIRST_SECONDS });
};

/** Combines what two targets gave in the same round, for every round. */
const perRound = (
  segments: readonly Segment[],
  above: TargetName,
  below: TargetName,
  join: (above: Segment, below: Segment) => number,
): Spread =>
  spreadOf(
    segments
      .filter((segment) => segment.target === above)
      .flatMap((segment) => {
        const other = segments.find((each) => each.target === below && each.round === segment.round);
        return other === undefined ? [] : [join(segment, other)];
      }),
  );

const gatewayOf = (stage: Stage): Target => {
  const found = stage.targets.find((target) => target.name === 'sallyport');
  if (found === undefined) throw new Error('no gateway on stage');
  return found;
};

async function* runCell(stage: Stage, condition: Condition, plan: Plan, concurrency: number): AsyncGenerator<Finding> {
  const before = await readGuards(gatewayOf(stage));
  const segments: Segment[] = [];
  for await (const segment of runRounds(stage, condition, plan.rounds)) {
    segments.push(segment);
    yield segment;
  }
  yield {
    type: 'cell',
    era: condition.era,
    size: condition.size,
    concurrency,
    segments,
    cpuRatio: perRound(segments, 'sallyport', 'pass-through', (a, b) => a.cpuMsPer1000 / b.cpuMsPer1000),
    againstEarlier: segments.some(({ target }) => target === 'earlier')
      ? perRound(segments, 'sallyport', 'earlier', (a, b) => a.cpuMsPer1000 / b.cpuMsPer1000)
      : null,
    throughputRatio: perRound(segments, 'sallyport', 'pass-through', (a, b) => a.perSecond / b.perSecond),
    guards: guardsBetween(before, await readGuards(gatewayOf(stage))),
  };
}

async function* runLatency(stage: Stage, condition: Condition, plan: Plan, data: string): AsyncGenerator<Finding> {
  const segments: Segment[] = [];
  const probes: number[] = [];
  for await (const segment of runRounds(stage, condition, plan.rounds)) {
    segments.push(segment);
    yield segment;
    if (segment.target === 'pass-through') probes.push(...syncedWrites(data, SYNC_PROBES));
  }
  const sync = Float64Array.from(probes).sort();
  const added = (below: TargetName, at: 'p50' | 'p99'): Spread =>
    perRound(segments, 'sallyport', below, (a, b) => a.latency[at] - b.latency[at]);
  yield {
    type: 'latency',
    era: condition.era,
    size: condition.size,
    rate: plan.rate,
    segments,
    addedP50: added('direct', 'p50'),
    addedP99: added('direct', 'p99'),
    overPassThroughP50: added('pass-through', 'p50'),
    overPassThroughP99: added('pass-through', 'p99'),
    f50: percentile(sync, 0.5),
    f99: percentile(sync, 0.99),
  };
}

async function* runPlan(stage: Stage, plan: Plan, options: StageOptions): AsyncGenerator<Finding> {
  const base = { era: options.era, seconds: plan.seconds, warmUpSeconds: WARM_UP_SECONDS };
  await warmUp(stage, { ...base, load: { concurrency: 16 }, size: 'small' });
  for (const size of plan.sizes) {
    for (const concurrency of plan.concurrencies) yield* runCell(stage, { ...base, load: { concurrency }, size }, plan, concurrency);
  }
  const rated = { ...base, seconds: plan.seconds * RATE_TIMES, load: { perSecond: plan.rate } };
  for (const size of plan.rateSizes) yield* runLatency(stage, { ...rated, size }, plan, options.data);
  for (const target of stage.targets) yield { type: 'memory', era: options.era, target: target.name, memory: memoryOf(target.pid) };
}

/** Measures one era, each finding as soon as it is known. Everything that was started has ended when this ends. */
export async function* compareEra(plan: Plan, options: StageOptions): AsyncGenerator<Finding> {
  const stage = await openStage(options);
  try {
    yield* runPlan(stage, plan, options);
  } finally {
    await stage.end();
  }
}
