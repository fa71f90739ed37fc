import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { REVISIONS, type Revision } from './method-matrix.ts';
import { type MatrixGateway, OLD_SERVER, startMatrixGateway, TASKED } from './objects.ts';
import type { RawAnswer } from './raw.ts';
import { begun, callTool, type Line, send } from './wire-cells.ts';

// Every way in which a tool can be there and not be shown, each against a tool that is not there. Names of a pair have one length.
const KINDS: readonly (readonly [what: string, hidden: string, caller: 'writer' | 'reader' | 'narrow' | 'other'])[] = [
  ['waits for approval', 'files__pending', 'writer'],
  ['has changed since it was approved', 'files__changed', 'writer'],
  ['is quarantined', 'files__quarantined', 'writer'],
  ['needs what is not relayed', `files__${TASKED}`, 'writer'],
  ['is destructive', 'files__destructive', 'writer'],
  ['has no effect set', 'files__unset', 'writer'],
  ['is granted to somebody else', 'files__own', 'other'],
  ['writes, for a reader', 'files__write', 'reader'],
  ['stands outside the scope of the key, same server', 'files__write', 'narrow'],
  ['stands outside the scope of the key, other server', 'mail__elsewhere', 'narrow'],
  ['is of a server that is switched off', 'off__switched-off', 'writer'],
  ['is granted, and waits for approval', 'files__own-hidden', 'writer'],
];

let matrix: MatrixGateway;
const agent = new Agent({ keepAlive: true });
const keys: Record<string, string> = {};
beforeAll(async () => {
  matrix = await startMatrixGateway([OLD_SERVER]);
  const { gateway } = matrix;
  const all = [{ server: '*', tool: '*' }];
  for (const [name, roles, scopes] of [
    ['writer', ['writer'], all],
    ['reader', ['reader'], all],
    ['other', ['writer'], all],
    ['narrow', ['writer'], [{ server: 'files', tool: 'read' }]],
  ] as const) {
    const made = await gateway.key({ name, roles, scopes });
    keys[name] = made.text;
    if (name === 'writer')
      for (const tool of ['files__own', 'files__own-hidden']) await gateway.admin('POST', '/grants', { principal: made.principal, tool });
  }
}, 60_000);
afterAll(async () => {
  agent.destroy();
  await matrix.stop();
});

const unlike = (name: string): string => `${name.slice(0, -1)}${name.endsWith('x') ? 'y' : 'x'}`;
const line = (caller: string, revision: Revision, path = ''): Line => ({
  agent,
  url: `${matrix.gateway.mcp}${path}`,
  key: keys[caller] ?? '',
  revision,
  session: null,
});

// One session for each: a principal may have 32.
const begunLines = new Map<string, Promise<Line | null>>();
function begunOnce(caller: string, revision: Revision, path = ''): Promise<Line | null> {
  const key = `${caller} ${revision} ${path}`;
  const known = begunLines.get(key) ?? begun(line(caller, revision, path));
  begunLines.set(key, known);
  return known;
}

/** Everything that came, without what no two answers share: the reference, the date, what is left of the budget, and the name that was asked for. */
function seen({ status, rawHeaders, body }: RawAnswer, name: string): string {
  const head = rawHeaders.map((text, index) => (index % 2 === 1 && VARIES.test(rawHeaders[index - 1] ?? '') ? '*' : text));
  const told = body.replaceAll(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, 'REF').replaceAll(`: ${name} (ref`, ': NAME (ref');
  return JSON.stringify([status, head, told]);
}
const VARIES = /^(date|ratelimit)$/i;

async function expectAlike(there: Line, hidden: string, unknown: string): Promise<void> {
  const [one, two] = [await callTool(there, hidden, 'same'), await callTool(there, unknown, 'same')];
  expect(seen(one, hidden)).toBe(seen(two, unknown));
  expect(one.body).toContain('Unknown tool');
}

describe.each(REVISIONS)(
  'in revision %s a tool that is not shown is answered like one that is not there, byte for byte, when it',
  (revision) => {
    it.each(KINDS)('%s (%s)', async (_what, hidden, caller) => {
      const there = (await begunOnce(caller, revision)) as Line;
      await expectAlike(there, hidden, unlike(hidden));
      const [server = '', name = ''] = hidden.split('__');
      const own = await begunOnce(caller, revision, `/${server}`);
      // Where nothing of the server is shown there is no endpoint, and the servers are compared below.
      if (own !== null && server === 'files') await expectAlike(own, name, unlike(name));
    });

    it('is of a server that the caller’s era cannot reach', async () => {
      if (revision !== '2026-07-28') return;
      await expectAlike(line('writer', revision), 'old__read_graph', 'old__read_grapx');
    });

    it.each([
      ['that is switched off', 'writer', 'off'],
      ['outside the scope of the key', 'narrow', 'mail'],
    ])('is all of a server %s: its endpoint is like none', async (_what, caller, server) => {
      const unknown = unlike(server);
      for (const [method, params] of [
        ['initialize', { capabilities: {}, clientInfo: { name: 'a', version: '1' } }],
        ['tools/list', {}],
        ['server/discover', {}],
        ['tools/call', { name: 'read', arguments: {} }],
        ['ping', {}],
        ['prompts/list', {}],
      ] as const) {
        const ask = (id: string): Promise<RawAnswer> =>
          send(line(caller, revision, `/${id}`), { method, kind: 'request', params: params as JsonObject }, 1);
        expect(seen(await ask(server), server)).toBe(seen(await ask(unknown), unknown));
      }
      for (const verb of ['GET', 'DELETE']) {
        const ask = (id: string): Promise<RawAnswer> =>
          send(line(caller, revision, `/${id}`), { method: verb, kind: 'http', params: {} }, 1);
        expect(seen(await ask(server), server)).toBe(seen(await ask(unknown), unknown));
      }
    });

    it('is asked for as the place in a list', async () => {
      const there = (await begunOnce('writer', revision)) as Line;
      const from = (name: string): Promise<RawAnswer> =>
        send(there, { method: 'tools/list', kind: 'request', params: { cursor: Buffer.from(name).toString('base64url') } }, 1);
      expect(seen(await from('files__pending'), '')).toBe(seen(await from('files__pendinx'), ''));
    });
  },
);

it('tells the operator which of them was there', async () => {
  const there = (await begunOnce('writer', '2025-11-25')) as Line;
  const refs = [await callTool(there, 'files__pending', 'x'), await callTool(there, 'files__pendinx', 'x')].map(
    ({ body }) => /\(ref (.{26})\)/.exec(body)?.[1],
  );
  const reasons = await Promise.all(
    refs.map(async (ref) => {
      const [item] = (await matrix.gateway.admin('GET', `/log/${ref}`)).body['items'] as readonly JsonObject[];
      return (item?.['record'] as JsonObject | undefined)?.['reason'];
    }),
  );
  expect(reasons).toEqual(['gateway.hidden_tool', 'gateway.unknown_tool']);
});
