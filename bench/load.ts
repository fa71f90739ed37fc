/**
 * The load generator: reads jobs (job.ts) as JSON lines on stdin, answers each with a JSON line, ends when stdin ends.
 * One process serves all targets, so that each is measured by the same warm code.
 */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { type Call, callNumber, callText, faultOf } from './call.ts';
import type { Job, Measured } from './job.ts';
import { cpuSeconds, nowMs, percentile } from './measure.ts';
import { makeReady, type Ready } from './session.ts';
import { Wire } from './wire.ts';

/** Calls of the open loop that may wait for an answer before the target counts as stalled. */
const MAX_IN_FLIGHT = 256;
/** How long an answer may take after the end of a job, in milliseconds. */
const DRAIN_MS = 10_000;

let lastId = 0;
const nextId = (): number => ++lastId;
const targets = new Map<string, Ready>();

const readyFor = async (job: Job): Promise<Ready> => {
  const name = `${job.era} ${job.mcp}`;
  const known = targets.get(name);
  if (known !== undefined) return known;
  const made = await makeReady(job.mcp, job.era, job.keys, nextId);
  targets.set(name, made);
  return made;
};

/** What is counted while a job runs; `measuring` begins after the warm-up. */
interface Tally {
  measuring: boolean;
  readonly latencies: number[];
  readonly lags: number[];
  errors: number;
  readonly faults: string[];
}

const newTally = (): Tally => ({ measuring: false, latencies: [], lags: [], errors: 0, faults: [] });

const countFault = (tally: Tally, fault: string, call: Call): void => {
  tally.errors++;
  if (tally.faults.length < 5) tally.faults.push(`call ${call.id}: ${fault}`);
};

/** Sends one call; `dueMs` is when it should have been sent. A wrong answer counts in the warm-up too. */
const sendCall = (wire: Wire, ready: Ready, job: Job, tally: Tally, dueMs: number, done: () => void): void => {
  const call = callNumber(nextId(), ready.callers.length, job.size);
  const caller = ready.callers[call.id % ready.callers.length];
  if (caller === undefined) throw new Error('no caller');
  wire.send(callText(ready.endpoint, caller, call), (answer) => {
    const fault = answer instanceof Error ? answer.message : faultOf(answer, call, job.era);
    if (fault !== null) countFault(tally, fault, call);
    else if (tally.measuring) tally.latencies.push(nowMs() - dueMs);
    done();
  });
};

const sleep = async (ms: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
};

/** What a loop hands to the one who times it: how to stop it, and whether all answers have come. */
interface Loop {
  stop(): void;
  readonly idle: () => boolean;
  readonly close: () => void;
}

const closedLoop = (ready: Ready, job: Job, tally: Tally, concurrency: number): Loop => {
  let running = true;
  let inFlight = 0;
  const wires = Array.from({ length: concurrency }, () => new Wire(ready.endpoint.url));
  const next = (wire: Wire): void => {
    if (!running) return;
    inFlight++;
    sendCall(wire, ready, job, tally, nowMs(), () => {
      inFlight--;
      next(wire);
    });
  };
  for (const wire of wires) next(wire);
  return {
    stop: () => {
      running = false;
    },
    idle: () => inFlight === 0,
    close: () => {
      for (const wire of wires) wire.close();
    },
  };
};

const openLoop = (ready: Ready, job: Job, tally: Tally, perSecond: number): Loop => {
  const periodMs = 1000 / perSecond;
  const startMs = nowMs() + 100;
  const count = Math.ceil((job.warmUpSeconds + job.seconds + 1) * perSecond);
  const clock = new Worker(new URL('./pace.ts', import.meta.url), { workerData: { startMs, periodMs, count } });
  const free: Wire[] = [];
  const all: Wire[] = [];
  let running = true;
  const takeWire = (): Wire => {
    const wire = free.pop() ?? new Wire(ready.endpoint.url);
    if (!all.includes(wire)) all.push(wire);
    return wire;
  };
  clock.on('message', (at: number) => {
    if (!running) return;
    const dueMs = startMs + at * periodMs;
    if (tally.measuring) tally.lags.push(nowMs() - dueMs);
    if (all.length - free.length >= MAX_IN_FLIGHT) {
      tally.errors++;
      tally.faults.push('stalled: too many calls wait for an answer');
      running = false;
      return;
    }
    const wire = takeWire();
    sendCall(wire, ready, job, tally, dueMs, () => free.push(wire));
  });
  return {
    stop: () => {
      running = false;
    },
    idle: () => all.length === free.length,
    close: () => {
      clock.terminate().catch(() => undefined);
      for (const wire of all) wire.close();
    },
  };
};

const readCpu = (job: Job): readonly number[] => job.pids.map(cpuSeconds);

const drain = async (loop: Loop, tally: Tally): Promise<void> => {
  loop.stop();
  const end = nowMs() + DRAIN_MS;
  while (!loop.idle() && nowMs() < end) await sleep(5);
  if (!loop.idle()) {
    tally.errors++;
    tally.faults.push('answers are missing at the end');
  }
  loop.close();
};

interface Window {
  readonly cpu: readonly number[];
  readonly ownCpu: number;
  readonly seconds: number;
}

/** Waits for the warm-up, then measures for as long as the job asks. */
const measureWindow = async (job: Job, tally: Tally): Promise<Window> => {
  await sleep(job.warmUpSeconds * 1000);
  const before = readCpu(job);
  const own = process.cpuUsage();
  const start = nowMs();
  tally.measuring = true;
  await sleep(job.seconds * 1000);
  tally.measuring = false;
  const seconds = (nowMs() - start) / 1000;
  const { user, system } = process.cpuUsage(own);
  return { cpu: readCpu(job).map((value, at) => value - (before[at] ?? 0)), ownCpu: (user + system) / 1e6, seconds };
};

const summary = (tally: Tally, window: Window): Measured => {
  const latencies = Float64Array.from(tally.latencies).sort();
  const lags = Float64Array.from(tally.lags).sort();
  const at = (share: number): number => percentile(latencies, share);
  return {
    calls: latencies.length,
    perSecond: latencies.length / window.seconds,
    latency: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
    lagP50: lags.length === 0 ? 0 : percentile(lags, 0.5),
    lagP99: lags.length === 0 ? 0 : percentile(lags, 0.99),
    ...window,
    errors: tally.errors,
    faults: tally.faults,
  };
};

const runJob = async (job: Job): Promise<Measured> => {
  const ready = await readyFor(job);
  const tally = newTally();
  const loop =
    'concurrency' in job.load ? closedLoop(ready, job, tally, job.load.concurrency) : openLoop(ready, job, tally, job.load.perSecond);
  const window = await measureWindow(job, tally);
  await drain(loop, tally);
  return summary(tally, window);
};

const reply = async (line: string): Promise<object> => {
  try {
    return await runJob(JSON.parse(line));
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await reply(line))}\n`);
}
process.exit(0);
