import { Agent } from 'node:http';
import { movedClock } from '../scenarios/moved-clock.ts';
import { startStand } from './hidden-stand.ts';
import { startMatrixGateway } from './objects.ts';
import { begun, callTool, type Line, send } from './wire-cells.ts';

/** How much longer the refusal of a hidden tool takes than that of an unknown one, with its 95 % interval. Microseconds. */
export interface TimeDifference {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly pairs: number;
  /** Median time of one request. */
  readonly typical: number;
}

/** Which pairs: a name that is there and is not shown, and one of the same length that is not there. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['files__pending', 'files__pendinx'],
  ['files__changed', 'files__changex'],
  ['files__destructive', 'files__destructivx'],
  ['off__switched-off', 'off__switched-ofx'],
];

/**
 * Each pair back to back over one connection, in an order that a coin decides, so that drift and neighbours hit both alike. The median of the
 * differences is what an attacker with this much patience would learn; the interval is a bootstrap of it. A fixed seed: the same run draws
 * the same coins.
 */
export async function measureHiddenAgainstUnknown(pairs: number): Promise<TimeDifference> {
  const matrix = await startMatrixGateway();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const made = await matrix.gateway.key({ name: 'patient', roles: ['writer'] });
    const line: Line = { agent, url: matrix.gateway.mcp, key: made.text, revision: '2025-11-25', session: null };
    const inside = (await begun(line)) as Line;
    return summaryOf(await differences(PAIRS, pairs, (name) => callTool(inside, name, 'x')));
  } finally {
    agent.destroy();
    await matrix.stop();
  }
}

const RESOURCE_PAIRS: readonly (readonly [string, string])[] = [
  ['main+shut://1', 'main+shux://1'],
  ['main+note://kept', 'main+note://kexx'],
  ['main+note://kept/1', 'main+note://kexx/1'],
];

/** The same of resources: of a server's own list, which is read again once a second, now for the one and now for the other. */
export async function measureHiddenResources(pairs: number): Promise<TimeDifference> {
  const stand = await startStand(movedClock());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { mcp: url, key } = stand.caller;
    const inside = (await begun({ agent, url, key, revision: '2025-11-25', session: null })) as Line;
    const read = (uri: string) => send(inside, { method: 'resources/read', kind: 'request', params: { uri } }, 1);
    return summaryOf(await differences(RESOURCE_PAIRS, pairs, read));
  } finally {
    agent.destroy();
    await stand.stop();
  }
}

interface Sample {
  readonly difference: number;
  readonly time: number;
}

async function differences(
  names: readonly (readonly [string, string])[],
  pairs: number,
  ask: (name: string) => Promise<unknown>,
): Promise<readonly Sample[]> {
  const coin = generator(20_261_121);
  const timed = async (name: string): Promise<number> => {
    const began = performance.now();
    await ask(name);
    return (performance.now() - began) * 1000;
  };
  const samples: Sample[] = [];
  for (let index = 0; index < pairs + WARM_UP; index++) {
    const [hidden, unknown] = names[index % names.length] ?? ['', ''];
    const hiddenFirst = coin() < 0.5;
    const first = await timed(hiddenFirst ? hidden : unknown);
    const second = await timed(hiddenFirst ? unknown : hidden);
    if (index >= WARM_UP) samples.push({ difference: hiddenFirst ? first - second : second - first, time: first });
  }
  return samples;
}

const WARM_UP = 300;
const RESAMPLES = 2000;

function summaryOf(samples: readonly Sample[]): TimeDifference {
  const all = samples.map(({ difference }) => difference);
  const random = generator(7);
  const medians = Array.from({ length: RESAMPLES }, () => medianOf(all.map(() => all[Math.floor(random() * all.length)] ?? 0))).sort(
    (a, b) => a - b,
  );
  return {
    median: medianOf(all),
    low: medians[Math.floor(RESAMPLES * 0.025)] ?? 0,
    high: medians[Math.floor(RESAMPLES * 0.975)] ?? 0,
    pairs: samples.length,
    typical: medianOf(samples.map(({ time }) => time)),
  };
}

const medianOf = (values: readonly number[]): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/** Mulberry32: numbers between 0 and 1 from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
