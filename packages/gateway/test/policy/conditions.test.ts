import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { loadPolicies, type PolicyTable, simulate } from '../../src/policy/index.ts';
import { startTestGateway, type TestGateway, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';

const FOLDER = join(import.meta.dirname, 'decision-table');
const CEDAR = readFileSync(join(FOLDER, 'conditions.cedar'), 'utf8');
const TABLE = parse(readFileSync(join(FOLDER, 'conditions.yaml'), 'utf8')) as PolicyTable;
type Case = PolicyTable['cases'][number];

const LABELS: Readonly<Record<string, JsonObject>> = {
  files: { dataClass: 'internal', environment: 'production', tools: { write_0: { dataClass: 'confidential' } } },
  mail: { environment: 'staging', tools: { read_1: { dataClass: 'public' } } },
};

const said = ({ principal, tool, at, arguments: given }: Case): string => `${at} ${principal} ${tool} ${JSON.stringify(given)}`;
const loaded = loadPolicies([{ file: 'conditions.cedar', text: CEDAR }], []);

/** The wall clock is where the test says; what measures time goes on. */
function setClock(): Clock & { set(text: string): void } {
  let now = Date.parse('2026-03-01T00:00:00Z');
  return {
    now: () => now,
    monotonic: () => systemClock.monotonic(),
    set: (text) => {
      now = Date.parse(text);
    },
  };
}

/** Exceptions that hold in the week of the table. */
const settings = {
  ...UNLIMITED,
  deviations: (UNLIMITED['deviations'] as readonly JsonObject[]).map((one) => ({ ...one, until: '2026-03-31' })),
};

describe('labels, purpose and time', () => {
  it('at least 200 cases of every result, conflicts among them, are decided by the simulator as documented [R2-014 part: data class, environment, time and purpose]', () => {
    expect(loaded.mistakes).toEqual([]);
    const results = simulate(TABLE, loaded.policies);
    if (!results.ok) throw new Error(results.detail);
    expect(results.value.filter(({ passed }) => !passed).map(({ case: one, got, by }) => [said(one), one.expect, got, by])).toEqual([]);
    expect(TABLE.cases.length).toBeGreaterThanOrEqual(200);
    const counts = Object.groupBy(TABLE.cases, ({ expect: expected }) => expected);
    expect(counts.allow?.length).toBeGreaterThan(60);
    expect(counts.hidden?.length).toBeGreaterThan(60);
    expect(counts.deny?.length).toBeGreaterThan(1);
    const conflicts = results.value.filter(
      ({ got, by }) => got !== 'allow' && by.some((id) => loaded.policies.some((one) => one.id === id)),
    );
    expect(conflicts.length).toBeGreaterThan(30);
  });

  it('a case that does not say when cannot be decided by policies that read the time', () => {
    const [{ at: _when, ...undated } = {} as Case] = TABLE.cases;
    const result = simulate({ ...TABLE, cases: [undated] }, loaded.policies);
    expect(result).toMatchObject({ ok: false, reason: 'policy.invalid', detail: expect.stringContaining('says when') });
  });

  describe('in a running gateway', () => {
    const clock = setClock();
    let gateway: TestGateway;
    const callers = new Map<string, Caller & { readonly principal: string }>();
    beforeAll(async () => {
      const servers = Object.entries(LABELS).map(([id, labels]) => toolServer(id, id === 'files' ? { more: { labels } } : {}));
      gateway = await startTestGateway({ servers, settings, start: { clock } });
      // One comes with its registration, the other is labelled by its own verb.
      expect((await gateway.admin('POST', '/servers/mail/labels', { labels: LABELS['mail'] })).status).toBe(200);
      for (const [name, { roles, scopes, purpose }] of Object.entries(TABLE.principals)) {
        const service = roles.includes('service') ? { owner: 'tests', expiresInDays: 20 } : {};
        const more = { ...(scopes === undefined ? {} : { scopes }), ...(purpose === undefined ? {} : { purpose }) };
        const made = await gateway.key({ name, roles, ...service, ...more } as never);
        callers.set(name, { mcp: gateway.mcp, key: made.text, principal: made.principal });
      }
      for (const { principal, tool } of TABLE.grants)
        expect((await gateway.admin('POST', '/grants', { principal: callers.get(principal)?.principal, tool })).status).toBe(201);
      expect(await gateway.admin('POST', '/policies', { text: CEDAR })).toMatchObject({ status: 201 });
    }, 120_000);
    afterAll(() => gateway.stop());

    const listed = async (caller: Caller): Promise<ReadonlySet<string>> => {
      const told = await modern(caller, 1, 'tools/list');
      const result = (told.message?.['result'] ?? {}) as JsonObject;
      return new Set(((result['tools'] ?? []) as readonly JsonObject[]).map(({ name }) => String(name)));
    };
    const outcome = async (caller: Caller, one: Case): Promise<string> => {
      const text = textOf(await modern(caller, 1, 'tools/call', { name: one.tool, arguments: one.arguments ?? {} }));
      return text.startsWith('Unknown tool') ? 'hidden' : text.startsWith('Refused') ? 'deny' : 'allow';
    };
    const byTime = Object.entries(Object.groupBy(TABLE.cases, ({ at = '' }) => at)).sort(([a], [b]) => (a < b ? -1 : 1));

    it('every case is decided as the table says, lists follow the clock, and nothing is remembered past its minute [R2-014 part: data class, environment, time and purpose]', async () => {
      const wrong: unknown[] = [];
      // There and back: what was remembered of one minute would be met again.
      for (const [at, cases = []] of [...byTime, ...byTime.toReversed().slice(1, 3)]) {
        clock.set(at);
        for (const [name, caller] of callers) {
          const shown = await listed(caller);
          for (const one of cases.filter(({ principal }) => principal === name)) {
            const got = await outcome(caller, one);
            if (got !== one.expect) wrong.push([said(one), one.expect, got]);
            if (shown.has(one.tool) !== (one.expect !== 'hidden')) wrong.push([said(one), one.expect, 'in lists', shown.has(one.tool)]);
          }
        }
      }
      expect(wrong).toEqual([]);
    }, 180_000);

    it('each is explained by the same decision, at the time that is asked about', async () => {
      clock.set('2026-03-05T12:00:00Z');
      for (const one of TABLE.cases.filter((_, index) => index % 9 === 0)) {
        const principal = callers.get(one.principal)?.principal ?? '';
        const query = new URLSearchParams({ principal, tool: one.tool, arguments: JSON.stringify(one.arguments), at: one.at ?? '' });
        const told = await gateway.admin('GET', `/reports/decision?${query}`);
        expect([said(one), told.body['outcome']]).toEqual([said(one), one.expect]);
      }
    }, 60_000);

    it('recorded calls are replayed at the time at which they were made', async () => {
      clock.set('2026-03-07T20:00:00Z');
      const same = await gateway.admin('POST', '/reports/replay', {
        policies: CEDAR,
        since: Date.parse('2026-03-01T00:00:00Z'),
        limit: 300,
      });
      expect(same).toMatchObject({ status: 200, body: { changed: 0 } });
      expect(same.body['replayed']).toBeGreaterThan(100);
      const longer = CEDAR.replace('context.time.minuteOfDay < 1080', 'context.time.minuteOfDay < 1081');
      const more = await gateway.admin('POST', '/reports/replay', {
        policies: longer,
        since: Date.parse('2026-03-01T00:00:00Z'),
        limit: 1000,
      });
      expect(more.body['changed']).toBeGreaterThan(0);
    }, 60_000);

    it('a purpose is that of the key: nothing a caller says about itself changes it', async () => {
      clock.set('2026-03-02T09:00:00Z');
      const writer = callers.get('writer') as Caller;
      const claims = {
        name: 'files__write_0',
        arguments: { text: 'x', purpose: 'support' },
        _meta: { purpose: 'support', 'sallyport/purpose': 'support' },
      };
      const told = await modern({ ...writer, headers: { 'x-purpose': 'support' } }, 1, 'tools/call', claims);
      expect(textOf(told)).toContain('Unknown tool');
    });

    it.each([
      ['Support', 400],
      ['a b', 400],
      ['', 400],
    ])('a key for "%s" is refused', async (purpose, status) => {
      const body = { name: 'odd', roles: ['reader'], scopes: [{ server: '*', tool: '*' }], purpose };
      expect((await gateway.admin('POST', '/keys', body)).status).toBe(status);
    });

    it.each([[{ tools: { gone: { dataClass: 'public' } } }], [{ dataClass: 'Very Secret' }], [{ data_class: 'public' }]])(
      'labels that name nothing, or are none, are refused: %j',
      async (labels) => {
        expect((await gateway.admin('POST', '/servers/files/labels', { labels })).status).toBeGreaterThanOrEqual(400);
        expect((await gateway.admin('GET', '/servers/files')).body['labels']).toMatchObject({ dataClass: 'internal' });
      },
    );

    it('labels that are taken away are gone from the next call on', async () => {
      clock.set('2026-03-02T09:00:00Z');
      const writer = callers.get('writer') as Caller;
      expect((await listed(writer)).has('files__write_0')).toBe(false);
      expect((await gateway.admin('POST', '/servers/files/labels', { labels: null })).status).toBe(200);
      expect((await listed(writer)).has('files__write_0')).toBe(true);
    });
  });
});
