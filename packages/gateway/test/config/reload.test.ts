import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { ask, type FileGateway, inDatabase, makeCertificate, newFolder, rpc, startFromFile } from './file-gateway.ts';

let gateway: FileGateway;
afterEach(async () => {
  await gateway?.end();
});

const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const server = (id: string, effects: string, more = ''): string =>
  `  ${id}:\n    command: ${process.execPath}\n    args: [${SERVER}]\n    effects: { ${effects} }\n${more}`;
const file = (...servers: readonly string[]): string => `servers:\n${servers.join('')}`;
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
};

async function call(key: string, name: string, args: JsonObject = {}): Promise<JsonObject> {
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name };
  const answer = await ask(
    { url: gateway.running.mcpUrl },
    { key, body: rpc(1, 'tools/call', { name, arguments: args, _meta: META }), headers },
  );
  return JSON.parse(answer.body) as JsonObject;
}
const works = async (key: string, name: string): Promise<boolean> => 'result' in (await call(key, name));

const config = () => gateway.running.status().config;
async function until(condition: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not happen in time: ${JSON.stringify(config())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const versions = async (): Promise<readonly JsonObject[]> =>
  (await gateway.admin('GET', '/config/versions')).body['items'] as readonly JsonObject[];

describe('a changed file', () => {
  it('is applied by itself, as a whole, and kept as a version with author, time and difference', async () => {
    gateway = await startFromFile(file(server('one', 'echo: read')));
    const { text } = await gateway.key('caller');
    expect(await works(text, 'one__write_0')).toBe(false);
    gateway.write(
      `${file(server('one', 'echo: read, write_0: write'), server('two', 'read_0: read'))}rate_limiting: { requests_per_minute: 77 }\n`,
    );
    await until(() => gateway.running.status().rate.requestsPerMinute === 77);
    expect(await works(text, 'one__write_0')).toBe(true);
    expect(await works(text, 'two__read_0')).toBe(true);
    const [newest] = await versions();
    expect(newest).toMatchObject({ author: 'file', cause: 'config.file.changed', sequence: config().version, hash: config().hash });
    const shown = await gateway.admin('GET', `/config/versions/${String(newest?.['sequence'])}`);
    const keys = (shown.body['changes'] as readonly JsonObject[]).map((change) => change['key']);
    expect(keys).toEqual(expect.arrayContaining(['file.text', 'settings.rate.requestsPerMinute', 'stored.servers.two', 'owned']));
    // A server whose line is gone is gone.
    gateway.write(file(server('two', 'read_0: read')));
    await until(() => gateway.running.status().rate.requestsPerMinute === 100);
    expect(await works(text, 'one__echo')).toBe(false);
    expect((await gateway.admin('GET', '/servers/one')).status).toBe(404);
  }, 90_000);

  it('that is wrong changes nothing, and the log, the journal and the status say why', async () => {
    gateway = await startFromFile(file(server('one', 'echo: read')));
    const { text } = await gateway.key('caller');
    const before = config();
    for (const [wrong, told] of [
      ['servers: {one: [', 'sallyport.yaml:1:'],
      [file(server('one', 'ehco: read')), 'servers.one.effects.ehco: expected a tool of it'],
      [file(server('one', 'echo: read'), '  dead: { command: /nowhere/at-all }\n'), 'servers.dead: expected a server that answers'],
      [
        `${file(server('one', 'echo: read'))}listeners: { gateway: { port: 1 } }\n`,
        'listeners.gateway.port: expected none, as at the start; another takes a restart',
      ],
      [
        `${file(server('one', 'echo: read'))}rate_limiting: { requests_per_minute: 5000 }\n`,
        'rate_limiting.requests_per_minute: expected a whole number from 1 to 100',
      ],
    ] as const) {
      gateway.write(wrong);
      await until(() => (config().problem ?? '').includes(told));
      expect(await works(text, 'one__echo')).toBe(true);
      expect({ ...config(), problem: null }).toEqual({ ...before, problem: null });
    }
    expect(gateway.log.filter(({ event }) => event === 'config.reload.refused')).toHaveLength(5);
    const refused = (await gateway.records()).filter((record) => JSON.stringify(record).includes('config.reload.refused'));
    expect(refused).toHaveLength(5);
    gateway.write(file(server('one', 'echo: read')));
    await until(() => config().problem === null);
    expect(config().hash).toBe(before.hash);
  }, 90_000);

  it('is applied at once where the API asks, and the answer says what is wrong with one that is not right', async () => {
    gateway = await startFromFile(file(server('one', 'echo: read')));
    gateway.write('listners: {}\n');
    const refused = await gateway.admin('POST', '/config/reload');
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toContain('sallyport.yaml:1:1 listners: unknown key; did you mean listeners?');
    gateway.write('rate_limiting: { requests_per_minute: 50 }\n');
    const done = await gateway.admin('POST', '/config/reload');
    expect(done.status).toBe(200);
    expect(gateway.running.status().rate.requestsPerMinute).toBe(50);
  }, 60_000);

  it('drops no call: one that is under way on a server that is changed has its answer', async () => {
    gateway = await startFromFile(file(server('one', 'slow: read')));
    const { text } = await gateway.key('caller');
    expect(await works(text, 'one__slow')).toBe(true);
    const slow = call(text, 'one__slow', { n: 3000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    gateway.write(file(server('one', 'slow: read', '    env: { OTHER: value }\n')));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect(await works(text, 'one__slow')).toBe(true);
    expect((await slow)['result']).toMatchObject({ content: [{ text: 'slow' }] });
  }, 60_000);

  it('brings a new certificate to new connections', async () => {
    const folder = newFolder();
    makeCertificate(folder, 'one');
    gateway = await startFromFile('tls: { cert: one.pem, key: one.key }\n', { folder });
    const serial = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: Number(new URL(gateway.running.mcpUrl).port), rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        }).on('error', reject);
      });
    const before = await serial();
    makeCertificate(folder, 'one');
    await until(async () => (await serial()) !== before);
    expect(config().problem).toBeNull();
  }, 60_000);
});

describe('what the file names', () => {
  it('is changed in the file and nowhere else: the refusal names its line', async () => {
    gateway = await startFromFile(`${file(server('one', 'echo: read'))}grants:\n  - { principal: someone, tool: one__read_0 }\n`);
    const refusals = [
      await gateway.admin('DELETE', '/servers/one'),
      await gateway.admin('POST', '/servers/one/approve', { tool: 'echo', effect: 'write' }),
      await gateway.admin('POST', '/servers', { id: 'one', transport: { kind: 'stdio', launch: { command: 'x' } } }),
    ];
    for (const refusal of refusals) {
      expect(refusal.status).toBe(409);
      expect(refusal.body['error']).toMatchObject({ reason: 'config.owned_by_file', message: expect.stringContaining('sallyport.yaml:2') });
    }
    const grants = (await gateway.admin('GET', '/grants')).body['items'] as readonly JsonObject[];
    expect(grants).toMatchObject([{ principal: 'someone', tool: 'one__read_0', by: 'sallyport.yaml:7' }]);
    const removed = await gateway.admin('DELETE', `/grants/${String(grants[0]?.['id'])}`);
    expect(removed.body['error']).toMatchObject({ reason: 'config.owned_by_file', message: expect.stringContaining('sallyport.yaml:7') });
    // All others live in storage.
    const other = {
      id: 'two',
      transport: { kind: 'stdio', launch: { command: process.execPath, args: [SERVER] } },
      effects: { echo: 'read' },
    };
    expect((await gateway.admin('POST', '/servers', other)).status).toBe(201);
    gateway.write(`${file(server('one', 'echo: read'))}rate_limiting: { requests_per_minute: 60 }\n`);
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect((await gateway.admin('DELETE', '/servers/two')).status).toBe(200);
  }, 60_000);
});

describe('an earlier version', () => {
  const effective = async (version: string): Promise<string> => {
    const { content } = (await gateway.admin('GET', `/config/versions/${version}`)).body as { readonly content: JsonObject };
    return JSON.stringify(content);
  };

  it('is had again byte for byte, file and storage, and the history is only ever added to [R2-085]', async () => {
    const first = `# as it was\n${file(server('one', 'echo: read'))}`;
    gateway = await startFromFile(first);
    const other = {
      id: 'two',
      transport: { kind: 'stdio', launch: { command: process.execPath, args: [SERVER] } },
      effects: { echo: 'read' },
    };
    expect((await gateway.admin('POST', '/servers', other)).status).toBe(201);
    expect((await gateway.admin('POST', '/grants', { principal: 'someone', tool: 'one__read_0' })).status).toBe(201);
    const wanted = String(config().version);
    const before = await effective(wanted);
    // Changes of every kind: the file, a server of storage, grants.
    gateway.write(`${file(server('one', 'echo: write'), server('three', 'read_0: read'))}rate_limiting: { requests_per_minute: 40 }\n`);
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect((await gateway.admin('DELETE', '/servers/two')).status).toBe(200);
    const [grant] = (await gateway.admin('GET', '/grants')).body['items'] as readonly JsonObject[];
    expect((await gateway.admin('DELETE', `/grants/${String(grant?.['id'])}`)).status).toBe(200);
    expect((await gateway.admin('POST', '/grants', { principal: 'another', tool: 'one__read_1' })).status).toBe(201);
    expect(await effective(String(config().version))).not.toBe(before);
    const count = (await versions()).length;
    const reverted = await gateway.admin('POST', '/config/revert', { version: wanted });
    expect(reverted.body).toMatchObject({ version: { cause: `config.reverted to ${wanted}` } });
    expect(readFileSync(gateway.file, 'utf8')).toBe(first);
    expect(await effective(String(config().version))).toBe(before);
    expect(gateway.running.status().rate.requestsPerMinute).toBe(100);
    expect(((await gateway.admin('GET', '/grants')).body['items'] as readonly JsonObject[]).map(({ principal }) => principal)).toEqual([
      'someone',
    ]);
    // It is a version of its own, and those between are still there.
    expect((await versions()).length).toBe(count + 1);
    expect((await gateway.admin('GET', '/config/verify')).body).toEqual({ versions: count + 1 });
    const difference = await gateway.admin('GET', `/config/diff?from=${wanted}&to=${config().version}`);
    expect(difference.body['changes']).toEqual([]);
    // The file that was written back is no second change.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await versions()).length).toBe(count + 1);
    await rewritten();
  }, 120_000);

  /** History that somebody rewrites is refused: the rows themselves, in the database of this gateway. */
  async function rewritten(): Promise<void> {
    const { folder } = gateway;
    await gateway.stop();
    await inDatabase(folder, "update config_version set author = 'nobody' where sequence = 2");
    gateway = await startFromFile(readFileSync(gateway.file, 'utf8'), { folder });
    const verified = await gateway.admin('GET', '/config/verify');
    expect(verified.status).toBe(409);
    expect(verified.body['error']).toMatchObject({ reason: 'config.history_damaged', message: expect.stringContaining('version 2') });
  }

  it('is refused where it cannot be had: an unknown one, and one whose secrets are gone', async () => {
    gateway = await startFromFile(file(server('one', 'echo: read')));
    expect((await gateway.admin('POST', '/config/revert', { version: '99' })).body['error']).toMatchObject({
      reason: 'config.version_unknown',
    });
    const secret = {
      id: 'two',
      transport: { kind: 'stdio', launch: { command: process.execPath, args: [SERVER], env: { A_TOKEN: 'canary-value' } } },
    };
    expect((await gateway.admin('POST', '/servers', secret)).status).toBe(201);
    const withSecret = String(config().version);
    expect(JSON.stringify((await gateway.admin('GET', `/config/versions/${withSecret}`)).body)).not.toContain('canary-value');
    expect((await gateway.admin('DELETE', '/servers/two')).status).toBe(200);
    const refused = await gateway.admin('POST', '/config/revert', { version: withSecret });
    expect(refused.body['error']).toMatchObject({
      reason: 'config.not_revertible',
      message: expect.stringContaining('server two needs its secrets again'),
    });
    expect((await gateway.admin('GET', '/servers/two')).status).toBe(404);
  }, 60_000);
});

describe('a direct change of the database', () => {
  it('is noticed: the start is refused and says what differs; changes by file and by API are recorded with theirs [R2-060] [R3-08]', async () => {
    gateway = await startFromFile(file(server('one', 'echo: read')));
    const { folder } = gateway;
    expect((await gateway.admin('POST', '/grants', { principal: 'someone', tool: 'one__read_0' })).status).toBe(201);
    gateway.write(file(server('one', 'echo: write')));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    const text = readFileSync(gateway.file, 'utf8');
    const applied = (await gateway.records())
      .filter((record) => JSON.stringify(record).includes('"config.version.applied"'))
      .map((record) => JSON.stringify(record));
    expect(applied.some((record) => record.includes('stored.grants.someone one__read_0') && record.includes('policy.grant.added'))).toBe(
      true,
    );
    expect(applied.some((record) => record.includes('stored.servers.one.effects.tool echo') && record.includes('config.reloaded'))).toBe(
      true,
    );
    await gateway.stop();
    await inDatabase(folder, "update policy_grant set principal = 'attacker'");
    await expect(startFromFile(text, { folder })).rejects.toThrow(/config\.changed_outside.*grants\.(someone|attacker) one__read_0/);
    // It goes on once an operator says so.
    gateway = await startFromFile(text, { folder, start: { acceptChanged: true } });
    const outside = (await gateway.records()).filter((record) => JSON.stringify(record).includes('"config.changed_outside"'));
    expect(JSON.stringify(outside)).toContain('attacker');
    expect(JSON.stringify(outside)).toContain('"by":"unknown"');
    expect((await versions())[0]).toMatchObject({ cause: 'config.accepted' });
  }, 90_000);
});
