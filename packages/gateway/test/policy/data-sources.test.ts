import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';

// The tools of the fixture take `text` (a table or a path here) and `n`.
let gateway: TestGateway;
let folder: string;
let count = 0;
const reached = (): number =>
  readFileSync(join(folder, 'db.log'), { encoding: 'utf8', flag: 'a+' })
    .split('\n')
    .filter((line) => line !== '').length;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-sources-'));
  gateway = await startTestGateway({ servers: [toolServer('db', { callLog: join(folder, 'db.log') })] });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ALL = [{ server: '*', tool: '*' }];
async function reader(scopes: readonly JsonObject[] = ALL): Promise<Caller & { readonly principal: string }> {
  const made = await gateway.key({ name: `caller ${count++}`, roles: ['reader'], scopes: scopes as never });
  return { mcp: gateway.mcp, key: made.text, principal: made.principal };
}
const grant = (principal: string, rules: readonly JsonObject[], tool = 'db__write_0') =>
  gateway.admin('POST', '/grants', { principal, tool, rules });
const write = async (caller: Caller, args: JsonObject, name = 'db__write_0'): Promise<'written' | 'refused' | 'unknown' | 'invalid'> => {
  const text = textOf(await modern(caller, 1, 'tools/call', { name, arguments: args }));
  if (text.startsWith('Unknown tool')) return 'unknown';
  if (text.startsWith('The arguments do not fit')) return 'invalid';
  return text.startsWith('Refused') ? 'refused' : 'written';
};

const ORDERS = { argument: 'text', oneOf: ['orders', 'db.orders'] };
const REPORTS = { argument: 'text', below: 'reports' };

// Ways to say another table, or the same one in a way that a database may read otherwise.
const TABLES = [
  'customers',
  'db.customers',
  'ORDERS',
  'Orders',
  'oRDERS',
  ' orders',
  'orders ',
  'orders\t',
  'orders;',
  'orders; drop table customers',
  'orders--',
  'orders/**/',
  '"orders"',
  '`orders`',
  '[orders]',
  "'orders'",
  'public.orders',
  'db..orders',
  'db.orders.customers',
  'orders,customers',
  'orders union select * from customers',
  'orders\u0000',
  'orders\u200b',
  'ｏｒｄｅｒｓ',
  'оrders',
  'orders\u0301',
  'orderѕ',
  '%6frders',
  'orders%00',
  '',
];
// Ways out of a folder: traversal, aliases, case, encodings, look-alikes, characters that do not show.
const PATHS = [
  'secret',
  '../secret',
  'reports/../secret',
  'reports/../../etc/passwd',
  'reports/..',
  'reports/./../secret',
  './reports/a',
  'reports/./a',
  'reports//a',
  '/reports/a',
  '//reports/a',
  'reports\\..\\secret',
  'reports\\a',
  'reports/..\\secret',
  'Reports/a',
  'REPORTS/a',
  'reportsx/a',
  'reports-old/a',
  'report/a',
  'reports.txt',
  'reports /a',
  'reports./a',
  'reports/.. /secret',
  'reports/... /a',
  'reports/%2e%2e/secret',
  'reports/%2E%2E%2Fsecret',
  'reports%2fa',
  'reports/%252e%252e/secret',
  'reports/..%00/secret',
  'reports/\u0000../secret',
  'reports/\u200b../secret',
  'reports/\u202e..',
  'reports/．．/secret',
  'reports／..／secret',
  'reports∕a\u0000',
  'ｒeports/a',
  'гeports/a',
  'reports/a\n',
  'reports/a\r\n../x',
  '~/reports/a',
  '~reports/a',
  'REPORT~1/a',
  'reports/a~1',
  'file:///reports/a',
  'file://localhost/reports/a',
  'C:\\reports\\a',
  '\\\\?\\reports\\a',
  'reports/a.',
  '/proc/self/cwd/reports/a',
  '',
];

describe('a grant for a part of the data', () => {
  it('of orders writes orders, and no other table however it is spelt [R2-016]', async () => {
    const caller = await reader();
    expect(await write(caller, { text: 'orders' })).toBe('unknown');
    expect((await grant(caller.principal, [ORDERS])).status).toBe(201);
    for (const table of ORDERS.oneOf) expect([table, await write(caller, { text: table })]).toEqual([table, 'written']);
    const before = reached();
    for (const table of TABLES) expect([table, await write(caller, { text: table })]).toEqual([table, 'refused']);
    for (const args of [{}, { n: 1 }]) expect(await write(caller, args as JsonObject)).toBe('refused');
    expect(reached()).toBe(before);
  }, 60_000);

  it('below a folder writes there, and finds no way out of it [R2-016]', async () => {
    const caller = await reader();
    await grant(caller.principal, [REPORTS]);
    for (const path of ['reports/a.txt', 'reports/2026/q3/a.txt', 'reports/.hidden', 'reports/mit leerzeichen/ä.txt', 'reports'])
      expect([path, await write(caller, { text: path })]).toEqual([path, 'written']);
    const before = reached();
    for (const path of PATHS) expect([path, await write(caller, { text: path })]).toEqual([path, 'refused']);
    expect(reached()).toBe(before);
  }, 60_000);

  it('is no grant for another tool, nor for another caller, and shows its tool to nobody else [R2-016]', async () => {
    const [one, other] = [await reader(), await reader()];
    await grant(one.principal, [ORDERS]);
    expect(await write(one, { text: 'orders' }, 'db__write_1')).toBe('unknown');
    expect(await write(other, { text: 'orders' })).toBe('unknown');
  });

  it('is told with what it holds, in lists and in the record of a call', async () => {
    const caller = await reader();
    const made = await grant(caller.principal, [ORDERS]);
    expect(made.body['rules']).toEqual([ORDERS]);
    await write(caller, { text: 'orders' });
    const [intent] = await gateway.records(`kind=intent&principal=${caller.principal}`);
    expect(intent).toMatchObject({
      record: { decision: { effect: 'allow', policies: [`grant:${String(made.body['id'])}`] } },
      payload: { inputs: { arguments: { ruled: { text: 'orders' } } } },
    });
  });

  it.each([
    ['no rule', []],
    ['a way out in the rule itself', [{ argument: 'text', below: '../a' }]],
    ['no text', [{ argument: 'text', oneOf: [] }]],
    ['a rule of both kinds', [{ argument: 'text', below: 'a', oneOf: ['a'] }]],
    ['a rule of no kind', [{ argument: 'text' }]],
    ['no argument', [{ argument: '', below: 'a' }]],
  ])('cannot be given with %s', async (_, rules) => {
    expect((await grant('prn_nobody', rules as never)).status).toBe(400);
  });
});

describe('a key for a part of the data', () => {
  const scoped = (...rules: readonly JsonObject[]): readonly JsonObject[] => [{ server: 'db', tool: 'read_0', rules }];

  it('reaches it and nothing else, whatever its role may read [R2-010]', async () => {
    const caller = await reader(scoped(REPORTS));
    expect(await write(caller, { text: 'reports/a' }, 'db__read_0')).toBe('written');
    const before = reached();
    for (const path of PATHS) expect([path, await write(caller, { text: path }, 'db__read_0')]).toEqual([path, 'refused']);
    expect(await write(caller, { text: 'reports/a' }, 'db__read_1')).toBe('unknown');
    expect(reached()).toBe(before);
  }, 60_000);

  it('makes no key that reaches further, and gives no grant that does [R2-010]', async () => {
    const admin = await gateway.key({
      name: `narrow ${count++}`,
      roles: ['admin'],
      scopes: scoped({ argument: 'text', below: 'reports' }) as never,
    });
    const ask = async (path: string, body: JsonObject): Promise<number> =>
      (
        await fetch(`${gateway.running.adminUrl}/api/v1${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${admin.text}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).status;
    const give = (rules: JsonObject[] | undefined, tool = 'db__read_0') =>
      ask('/grants', { principal: `prn_${count++}`, tool, ...(rules === undefined ? {} : { rules }) } as JsonObject);
    expect(await give([{ argument: 'text', below: 'reports/2026' }])).toBe(201);
    expect(await give([{ argument: 'text', oneOf: ['reports/a', 'reports/b'] }])).toBe(201);
    for (const rules of [
      undefined,
      [{ argument: 'text', below: 'report' }],
      [{ argument: 'text', oneOf: ['reports/a', 'secret'] }],
      [{ argument: 'n', below: 'reports' }],
    ])
      expect(await give(rules as JsonObject[] | undefined)).toBe(403);
    expect(await give([{ argument: 'text', below: 'reports' }], 'db__read_1')).toBe(403);
    // Keys are everybody's: none is made by a key for a part.
    expect(await ask('/keys', { name: 'more', roles: ['reader'], scopes: scoped(REPORTS) } as unknown as JsonObject)).toBe(403);
  });
});
