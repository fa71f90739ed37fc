import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/contracts/registration.ts';
import { type LargeReader, openLargeReader } from '../../src/protocol/index.ts';
import { type Bench, openBench, owner, registration, stdioFixture, toolCall } from '../fixtures/upstreams.ts';

let bench: Bench;
let read = 0;
const thread = openLargeReader();
const counted: LargeReader = {
  close: () => thread.close(),
  read: (bytes) => {
    read += 1;
    return thread.read(bytes);
  },
};
beforeEach(() => {
  read = 0;
  bench = openBench({ startMs: 20_000, large: counted });
});
afterEach(async () => {
  await bench.close();
});

const http = (...args: string[]): Transport => ({
  kind: 'streamable-http',
  url: null,
  headers: {},
  local: {
    launch: { command: 'node', args: [`${import.meta.dirname}/../fixtures/tool-server-http.ts`, ...args], env: {} },
    tokenEnv: 'TOOL_SERVER_TOKEN',
    path: '/mcp',
  },
});

describe.each([
  ['stdio, legacy', () => stdioFixture('tool-server-stdio.ts'), 'legacy'],
  ['stdio, modern', () => stdioFixture('tool-server-stdio.ts'), 'modern'],
  ['HTTP, legacy', () => http(), 'legacy'],
  ['HTTP, modern', () => http(), 'modern'],
  ['HTTP, an event stream', () => http('--sse'), 'legacy'],
] as const)('a large result over %s', (_, transport, era) => {
  it('is read in the thread, whole, while smaller ones are not', async () => {
    const got = await bench.upstreams.acquire(registration('large', transport()), era, owner('ann', era === 'legacy' ? 'session' : null));
    if (!got.ok) throw new Error(`${got.reason} ${got.detail}`);
    const sizeOf = async (n: number): Promise<number> => {
      const answer = await got.value.request(toolCall('big', { n }, { timeoutMs: 30_000 }));
      if (!answer.ok || answer.value.kind !== 'result') throw new Error(JSON.stringify(answer).slice(0, 300));
      expect(answer.value.text).toBe(JSON.stringify(answer.value.result));
      return (answer.value.result['content'] as readonly { readonly text: string }[])[0]?.text.length ?? 0;
    };
    const before = read;
    expect(await sizeOf(200_000)).toBe(200_000);
    expect(read - before).toBe(0);
    const sizes = [300_000, 8_000_000, 10, 1_000_000];
    expect(await Promise.all(sizes.map(sizeOf))).toEqual(sizes);
    expect(read - before).toBe(3);
  });
});
