import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Transport } from '../../src/contracts/registration.ts';
import type { Era } from '../../src/contracts/target.ts';
import { openProber } from '../../src/gateway/upstream/prober.ts';
import { type Bench, openBench, owner, registration, stdioProgram, toolCall } from '../fixtures/upstreams.ts';

let bench: Bench;
let sample: string;

beforeAll(() => {
  bench = openBench();
  sample = join(bench.folder, 'sample');
  mkdirSync(sample);
  writeFileSync(join(sample, 'hello.txt'), 'hello from a file');
});
afterAll(() => bench.close());

const dbhub = (): Transport => ({
  kind: 'streamable-http',
  url: null,
  headers: {},
  local: {
    launch: {
      command: 'node',
      args: [
        createRequire(import.meta.url).resolve('@bytebase/dbhub'),
        '--demo',
        '--transport',
        'http',
        '--host',
        '127.0.0.1',
        '--port',
        '0',
      ],
      env: {},
    },
    tokenEnv: 'DBHUB_AUTH_TOKEN',
    path: '/mcp',
  },
});

const CASES: readonly {
  readonly id: string;
  readonly era: Era;
  readonly transport: () => Transport;
  readonly tools: number;
  readonly call: () => readonly [string, JsonObject];
  readonly says: string;
}[] = [
  {
    id: 'everything',
    era: 'legacy',
    transport: () => stdioProgram('mcp-server-everything'),
    tools: 13,
    call: () => ['echo', { message: 'hi' }],
    says: 'Echo: hi',
  },
  {
    id: 'filesystem',
    era: 'legacy',
    transport: () => stdioProgram('mcp-server-filesystem', [sample]),
    tools: 14,
    call: () => ['read_text_file', { path: join(sample, 'hello.txt') }],
    says: 'hello from a file',
  },
  {
    id: 'memory',
    era: 'legacy',
    transport: () => stdioProgram('mcp-server-memory'),
    tools: 9,
    call: () => ['read_graph', {}],
    says: 'entities',
  },
  { id: 'dbhub', era: 'legacy', transport: dbhub, tools: 2, call: () => ['execute_sql', { sql: 'select 6*7 as answer' }], says: '42' },
  { id: 'dbhub', era: 'modern', transport: dbhub, tools: 2, call: () => ['execute_sql', { sql: 'select 6*7 as answer' }], says: '42' },
];

describe('the servers of the demo', () => {
  it.each(CASES)('$id lists its tools and answers a call in the $era era', async ({ id, era, transport, tools, call, says }) => {
    const got = await bench.upstreams.acquire(registration(id, transport()), era, owner('ann', 's1'));
    if (!got.ok) throw new Error(`${got.reason} ${got.detail}`);
    expect(got.value.peekPins('tool')?.size).toBe(tools);
    expect(got.value.era).toBe(era);
    const answer = await got.value.request(toolCall(...call()));
    if (!answer.ok || answer.value.kind !== 'result') throw new Error(JSON.stringify(answer));
    expect(answer.value.text).toBe(JSON.stringify(answer.value.result));
    expect(answer.value.text).toContain(says);
  });
});

describe('a probe', () => {
  it('sees the tools that server-everything shows only to a client with capabilities', async () => {
    const offer = await openProber(bench.deps).probe(registration('everything', stdioProgram('mcp-server-everything')));
    if (!offer.ok) throw new Error(`${offer.reason} ${offer.detail}`);
    expect(offer.value.tools.length).toBe(19);
    const taking = offer.value.tools.filter((tool) => tool.needsCapability).map(({ definition, takes }) => [definition['name'], takes]);
    expect(Object.fromEntries(taking)).toEqual({
      'get-roots-list': 'roots',
      'trigger-elicitation-request': 'elicitation',
      'trigger-url-elicitation': 'elicitation',
      'trigger-sampling-request': 'sampling',
      // Only to clients that run tasks themselves.
      'trigger-sampling-request-async': undefined,
      'trigger-elicitation-request-async': undefined,
    });
    expect(offer.value.revisions).toEqual({ legacy: ['2025-11-25', '2025-06-18', '2025-03-26'], modern: [] });
  });

  it('finds both eras of dbhub', async () => {
    const offer = await openProber(bench.deps).probe(registration('dbhub', dbhub()));
    if (!offer.ok) throw new Error(`${offer.reason} ${offer.detail}`);
    expect(offer.value.revisions.modern).toEqual(['2026-07-28']);
    expect(offer.value.revisions.legacy.length).toBeGreaterThan(0);
    expect(offer.value.tools.map((tool) => tool.definition['name'])).toEqual(['execute_sql', 'search_objects']);
  });
});
