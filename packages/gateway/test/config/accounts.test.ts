import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFile } from '../../src/config/file/load.ts';
import { tellMistake } from '../../src/config/mistake.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern, textOf } from '../scenarios/wire.ts';
import { type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

const mistakesIn = (text: string): readonly string[] => {
  const loaded = loadFile({ name: 'f.yaml', bytes: Buffer.from(text), now: Date.parse('2026-11-21') });
  return loaded.ok ? [] : loaded.mistakes.map(tellMistake);
};

describe('accounts of a file', () => {
  it.each([
    ['clients: { ann: { roles: [reader], scopes: ["*/*"], netwoks: [] } }', 'clients.ann.netwoks: unknown key; did you mean networks?'],
    ['clients:\n  ann: { roles: [service], scopes: ["*/*"] }', 'f.yaml:2:18 clients.ann.roles.0: expected reader, writer, approver'],
    ['clients: { ann: { roles: [], scopes: ["*/*"] } }', 'clients.ann.roles: expected at least one role'],
    ['clients: { ann: { roles: [reader], scopes: [files] } }', 'clients.ann.scopes.0: expected SERVER/TOOL, with * for all'],
    ['clients: { ann: { roles: [reader] } }', 'clients.ann.scopes: expected'],
    ['clients: { Ann B: { roles: [reader], scopes: ["*/*"] } }', 'clients.Ann B: expected lower case words joined by hyphens'],
    ['clients: { ann: { roles: [reader], scopes: ["*/*"], networks: [10.0.0.0/99] } }', 'clients.ann.networks: expected cidrs: networks'],
    ['clients: { ann: { roles: [reader], scopes: ["*/*"], until: 2026-11-20 } }', 'clients.ann.until: expected a day that is not over'],
    ['service_accounts: { nightly: { owner: ops, scopes: ["*/*"] } }', 'service_accounts.nightly.until: expected a date, YYYY-MM-DD'],
    [
      'service_accounts: { nightly: { until: 2027-01-01, scopes: ["*/*"] } }',
      'service_accounts.nightly.owner: expected a person or a team',
    ],
    [
      'service_accounts: { nightly: { owner: ops, until: 2027-01-01, scopes: ["*/*"], roles: [admin] } }',
      'service_accounts.nightly.roles.0: expected reader, writer, monitor',
    ],
    [
      'clients: { x: { roles: [reader], scopes: ["*/*"] } }\nservice_accounts: { x: { owner: ops, until: 2027-01-01, scopes: ["*/*"] } }',
      'f.yaml:2:21 service_accounts.x: expected another name: it is among clients too',
    ],
    ['clients: { ann: { roles: [reader], scopes: ["*/*"], key: env:KEY } }', 'clients.ann.key: unknown key'],
  ])('%s is a mistake', (text, told) => {
    const found = mistakesIn(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(told);
  });

  it('every mistake of several accounts is told at once', () => {
    expect(mistakesIn('clients:\n  a: { roles: [reader], scopes: [x] }\n  b: { roles: [boss], scopes: ["*/*"] }\n')).toHaveLength(2);
  });
});

let gateway: FileGateway | null = null;
afterEach(async () => {
  await gateway?.end();
  gateway = null;
});

const SERVERS = `servers:
  one:
    command: ${process.execPath}
    args: [${join(FIXTURES, 'tool-server-stdio.ts')}]
    effects: { echo: read, write_0: write, write_1: destructive }
`;
const START = `${SERVERS}clients:
  ann: { roles: [reader], scopes: ["*/*"] }
`;
const SERVICE = `service_accounts:
  nightly:
    owner: operations
    until: ${new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)}
    scopes: [one/*]
    tools: [one__write_1]
`;

describe('an account of the file', () => {
  const start = async (text: string, folder?: string): Promise<FileGateway> => {
    gateway = await startFromFile(text, folder === undefined ? {} : { folder });
    return gateway;
  };
  const reload = async (text: string): Promise<void> => {
    gateway?.write(text);
    const answer = await gateway?.admin('POST', '/config/reload');
    expect([answer?.status, answer?.body]).toMatchObject([200, {}]);
  };
  const issue = async (name: string, more: JsonObject = {}) => {
    const made = await gateway?.admin('POST', '/keys', { name, ...more });
    expect([made?.status, made?.body]).toMatchObject([201, { account: name }]);
    return { key: String(made?.body['secret']), id: String(made?.body['id']), principal: String(made?.body['principal']) };
  };
  const use = async (key: string, tool: string): Promise<boolean | number> => {
    const told = await modern({ mcp: gateway?.running.mcpUrl ?? '', key }, 1, 'tools/call', { name: tool, arguments: { text: 'x' } });
    return told.status === 401 ? 401 : textOf(told) === '{"text":"x"}';
  };
  const shown = async (id: string): Promise<JsonObject | undefined> =>
    ((await gateway?.admin('GET', '/keys'))?.body['items'] as readonly JsonObject[] | undefined)?.find((one) => one['id'] === id);

  it('has a key by its name alone, which may what the file says: it follows the file without a restart and ends with its line', async () => {
    await start(START);
    const ann = await issue('ann');
    expect([await use(ann.key, 'one__echo'), await use(ann.key, 'one__write_0')]).toEqual([true, false]);
    await reload(START.replace('[reader]', '[reader, writer]'));
    expect([await use(ann.key, 'one__echo'), await use(ann.key, 'one__write_0')]).toEqual([true, true]);
    expect(await shown(ann.id)).toMatchObject({ roles: ['reader', 'writer'], state: 'live' });
    await reload(START.replace('"*/*"', 'other/*'));
    expect(await use(ann.key, 'one__echo')).toBe(false);
    await reload(SERVERS);
    expect(await use(ann.key, 'one__echo')).toBe(401);
    expect(await shown(ann.id)).toMatchObject({ state: 'revoked' });
    const actions = (await gateway?.records('kind=system'))?.map(({ record }) => (record as JsonObject)['action']) ?? [];
    const told = actions.filter((action) => String(action).startsWith('identity.account.'));
    expect(told).toEqual(['identity.account.changed', 'identity.account.changed', 'identity.account.ended']);
  });

  it('that is a service has its owner, its end and the tools that are granted to it by name, also under its name in roles and grants', async () => {
    await start(`${SERVERS}${SERVICE}grants: [{ principal: nightly, tool: one__echo }]\n`);
    const nightly = await issue('nightly');
    expect([await use(nightly.key, 'one__write_1'), await use(nightly.key, 'one__echo'), await use(nightly.key, 'one__write_0')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await shown(nightly.id)).toMatchObject({ owner: 'operations', roles: ['service'] });
    const ends = Number((await shown(nightly.id))?.['expiresAt']);
    expect(ends).toBeLessThanOrEqual(Date.now() + 21 * 86_400_000);
    const rotated = await gateway?.admin('POST', `/keys/${nightly.id}/rotate`, { overlapMinutes: 0 });
    expect(rotated?.body).toMatchObject({ principal: nightly.principal, account: 'nightly' });
    // A new key lives no longer than its account.
    expect(Number((await shown(String(rotated?.body['id'])))?.['expiresAt'])).toBe(ends);
    await reload(`${SERVERS}${SERVICE.replace('tools: [one__write_1]', 'tools: []')}`);
    expect([await use(String(rotated?.body['secret']), 'one__write_1'), await use(nightly.key, 'one__write_1')]).toEqual([false, 401]);
  });

  it('is the file’s: whoever makes a key under its name with roles, scopes, networks or an owner of their own is told its line', async () => {
    await start(START);
    for (const more of [
      { roles: ['admin'], scopes: [{ server: '*', tool: '*' }] },
      { roles: ['admin'] },
      { networks: ['10.0.0.0/8'] },
      { methods: ['tools/call'] },
      { owner: 'me' },
    ]) {
      const refused = await gateway?.admin('POST', '/keys', { name: 'ann', ...more });
      expect([refused?.status, JSON.stringify(refused?.body)]).toEqual([409, expect.stringContaining('sallyport.yaml:7')]);
    }
    const unknown = await gateway?.admin('POST', '/keys', { name: 'nobody' });
    expect([unknown?.status, JSON.stringify(unknown?.body)]).toEqual([400, expect.stringContaining('names')]);
    await issue('ann', { expiresInDays: 2 });
    expect((await gateway?.admin('POST', '/keys', { name: 'ann' }))?.status).toBe(409);
  });

  it('is in versions: a revert brings its reach back, and what was revoked with it stays revoked', async () => {
    await start(START);
    const ann = await issue('ann');
    const newest = async (): Promise<string> => {
      const versions = (await gateway?.admin('GET', '/config/versions?limit=1'))?.body['items'] as readonly JsonObject[];
      return String(versions[0]?.['sequence']);
    };
    const first = await newest();
    await reload(START.replace('[reader]', '[writer]'));
    const second = await newest();
    expect((await gateway?.admin('POST', '/config/revert', { version: first }))?.status).toBe(200);
    expect(await shown(ann.id)).toMatchObject({ roles: ['reader'] });
    await reload(SERVERS);
    expect(await use(ann.key, 'one__echo')).toBe(401);
    expect((await gateway?.admin('POST', '/config/revert', { version: second }))?.status).toBe(200);
    expect(await use(ann.key, 'one__echo')).toBe(401);
    expect((await issue('ann')).principal).toBe(ann.principal);
  });

  it('that a wrong file takes out keeps its keys: nothing of it is put in force', async () => {
    await start(START);
    const ann = await issue('ann');
    gateway?.write(`${SERVERS}roles: { reader: {} }\n`);
    expect((await gateway?.admin('POST', '/config/reload'))?.status).not.toBe(200);
    expect(await use(ann.key, 'one__echo')).toBe(true);
  });

  it('that was taken out of the file while the gateway was stopped has no keys when it starts', async () => {
    const folder = newFolder();
    await start(START, folder);
    const ann = await issue('ann');
    const kept = await gateway?.key('kept');
    await gateway?.stop();
    await start(SERVERS, folder);
    expect([await use(ann.key, 'one__echo'), await use(kept?.text ?? '', 'one__echo')]).toEqual([401, true]);
  });
});
