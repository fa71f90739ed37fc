import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/contracts/json.ts';
import { loadPolicies, type PolicyTable, simulate } from '../../src/policy/index.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';

const FOLDER = join(import.meta.dirname, 'decision-table');
const CEDAR = readFileSync(join(FOLDER, 'policies.cedar'), 'utf8');
const TABLE = parse(readFileSync(join(FOLDER, 'table.yaml'), 'utf8')) as PolicyTable;

const said = ({ principal, tool, arguments: given }: PolicyTable['cases'][number]): string =>
  `${principal} ${tool} ${JSON.stringify(given)}`;

describe('the decision table', () => {
  const loaded = loadPolicies([{ file: 'policies.cedar', text: CEDAR }], []);

  it('has at least 200 cases of every result, conflicts among them, and the simulator decides each as documented [R2-014 part: who, what and with which arguments]', () => {
    expect(loaded.mistakes).toEqual([]);
    const results = simulate(TABLE, loaded.policies);
    if (!results.ok) throw new Error(results.detail);
    expect(results.value.filter(({ passed }) => !passed).map(({ case: one, got, by }) => [said(one), one.expect, got, by])).toEqual([]);
    const counts = Object.groupBy(TABLE.cases, ({ expect: expected }) => expected);
    expect(TABLE.cases.length).toBeGreaterThanOrEqual(200);
    for (const expected of ['allow', 'deny', 'hidden'] as const) expect(counts[expected]?.length).toBeGreaterThan(30);
    // A conflict: something permits and something forbids, and the forbid wins.
    const conflicts = results.value.filter(
      ({ got, by }) => got !== 'allow' && by.some((id) => loaded.policies.some((policy) => policy.id === id)),
    );
    expect(conflicts.length).toBeGreaterThan(30);
  });

  describe('in a running gateway', () => {
    let gateway: TestGateway;
    const callers = new Map<string, Caller & { readonly principal: string }>();
    beforeAll(async () => {
      gateway = await startTestGateway({ servers: [toolServer('files'), toolServer('mail')] });
      for (const [name, { roles, scopes, methods }] of Object.entries(TABLE.principals)) {
        const service = roles.includes('service') ? { owner: 'tests', expiresInDays: 1 } : {};
        const asked = {
          name,
          roles,
          ...service,
          ...(scopes === undefined ? {} : { scopes }),
          ...(methods === undefined ? {} : { methods }),
        };
        const made = await gateway.key(asked as never);
        callers.set(name, { mcp: gateway.mcp, key: made.text, principal: made.principal });
      }
      for (const { principal, tool, rules } of TABLE.grants) {
        const grant = { principal: callers.get(principal)?.principal, tool, ...(rules === undefined ? {} : { rules }) };
        expect((await gateway.admin('POST', '/grants', grant)).status).toBe(201);
      }
      expect((await gateway.admin('POST', '/policies', { text: CEDAR })).status).toBe(201);
    }, 120_000);
    afterAll(() => gateway.stop());

    const listed = async (caller: Caller): Promise<ReadonlySet<string>> => {
      const told = await modern(caller, 1, 'tools/list');
      const result = (told.message?.['result'] ?? {}) as JsonObject;
      return new Set(((result['tools'] ?? []) as readonly JsonObject[]).map(({ name }) => String(name)));
    };

    it('every case is decided by a call as the table says, and lists show exactly what can be called [R2-014 part: who, what and with which arguments]', async () => {
      const wrong: unknown[] = [];
      for (const [name, caller] of callers) {
        const shown = TABLE.principals[name]?.methods?.includes('tools/list') === false ? null : await listed(caller);
        for (const one of TABLE.cases.filter(({ principal }) => principal === name)) {
          const text = textOf(await modern(caller, 1, 'tools/call', { name: one.tool, arguments: one.arguments ?? {} }));
          const got = text.startsWith('Unknown tool') ? 'hidden' : /^(Refused|This key may not use)/.test(text) ? 'deny' : 'allow';
          // A key that may only list is refused its method before anything is looked up.
          const expected =
            TABLE.principals[name]?.methods?.[0] === 'tools/list' && one.expect === 'hidden' ? ['hidden', 'deny'] : [one.expect];
          if (!expected.includes(got)) wrong.push([said(one), one.expect, got, text]);
          if (shown !== null && shown.has(one.tool) !== (one.expect !== 'hidden'))
            wrong.push([said(one), one.expect, 'in lists', shown.has(one.tool)]);
        }
      }
      expect(wrong).toEqual([]);
    }, 180_000);

    it('is explained by the same decision, for each case', async () => {
      for (const one of TABLE.cases.filter((_, index) => index % 9 === 0 && index < 252)) {
        const query = new URLSearchParams({
          principal: callers.get(one.principal)?.principal ?? '',
          tool: one.tool,
          arguments: JSON.stringify(one.arguments),
        });
        const told = await gateway.admin('GET', `/reports/decision?${query}`);
        expect([said(one), told.body['outcome']]).toEqual([said(one), one.expect]);
        expect((told.body['because'] as readonly string[]).length).toBeGreaterThan(0);
      }
    }, 60_000);
  });
});
