import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { ask, type FileGateway, makeCertificate, newFolder, rpc, startFromFile } from './file-gateway.ts';

let gateway: FileGateway | null = null;
afterEach(async () => {
  await gateway?.end();
  gateway = null;
});

const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const tools = (more = ''): string => `
servers:
  tools:
    command: ${process.execPath}
    args: [${SERVER}]
    effects: { echo: read, read_0: read, write_0: write }
${more}`;

const modern = (id: number, method: string, params: JsonObject = {}) => ({
  body: rpc(id, method, {
    ...params,
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
    },
  }),
  headers: {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof params['name'] === 'string' ? { 'mcp-name': params['name'] } : {}),
  },
});

const refused = async (text: string, folder = newFolder(), env = {}): Promise<string> => {
  try {
    gateway = await startFromFile(text, { folder, env });
    return 'it started';
  } catch (error) {
    return String(error);
  } finally {
    if (gateway === null) rmSync(folder, { recursive: true, force: true });
  }
};

describe('serve with a file', () => {
  it('has the servers, effects, grants and limits that the file names, at the first start and at the next', async () => {
    const settings = 'rate_limiting: { requests_per_minute: 40 }\n';
    gateway = await startFromFile(tools() + settings);
    const key = await gateway.key('one');
    const call = async (name: string) =>
      JSON.parse(
        (await ask({ url: gateway?.running.mcpUrl ?? '' }, { key: key.text, ...modern(1, 'tools/call', { name, arguments: {} }) })).body,
      );
    expect((await call('tools__echo')).result.isError).toBeUndefined();
    expect((await call('tools__write_0')).result.isError).toBeUndefined();
    // Not named in the file, so destructive, so nobody's.
    expect((await call('tools__read_1')).error.code).toBe(-32602);
    expect(gateway.running.status().rate.requestsPerMinute).toBe(40);
    const { folder } = gateway;
    await gateway.stop();
    gateway = await startFromFile(`${tools()}grants: [{ principal: ${key.principal}, tool: tools__read_1 }]\n`, { folder });
    expect((await call('tools__read_1')).result.isError).toBeUndefined();
    expect(gateway.running.status().rate.requestsPerMinute).toBe(100);
  }, 60_000);

  it('gives a server the secrets that the file refers to, and stores, records and answers none of them', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'token'), 'canary-in-a-file\n', { mode: 0o600 });
    const env = { CANARY: 'canary-in-the-environment' };
    gateway = await startFromFile(tools('    env: { API_TOKEN: env:CANARY, OTHER_TOKEN: file:token }\n'), { folder, env });
    const shown = await gateway.admin('GET', '/servers/tools');
    expect(shown.status).toBe(200);
    expect(shown.body['transport']).toMatchObject({ env: ['API_TOKEN', 'OTHER_TOKEN'] });
    const everything = JSON.stringify([shown.body, await gateway.records(), gateway.log]);
    expect(everything).not.toContain('canary-in');
  }, 60_000);

  it('starts without a server that does not answer, and says so', async () => {
    gateway = await startFromFile(tools('  dead: { command: /nowhere/at-all }\n'));
    const dead = gateway.running.status().servers.find((server) => server.id === 'dead');
    expect(dead).toMatchObject({ state: 'failed', note: expect.stringContaining('gateway.upstream_start_failed') });
    expect(gateway.running.status().servers.find((server) => server.id === 'tools')).toMatchObject({ state: 'ready' });
  }, 60_000);

  it.each([
    ['an unknown key', 'listners: {}\n', 'sallyport.yaml:1:1 listners: unknown key; did you mean listeners?'],
    ['a secret that is not there', tools('    env: { API_TOKEN: env:NOT_SET }\n'), 'the environment variable NOT_SET, which is not set'],
    [
      'an effect of a tool that is not offered',
      tools().replace('echo: read', 'ehco: read'),
      'sallyport.yaml:6:16 servers.tools.effects.ehco: expected a tool of it',
    ],
    ['a certificate that is not there', 'tls: { cert: a.pem, key: a.key }\n', 'sallyport.yaml:1:1 tls: expected the file'],
    ['a block that is not built', 'patch_management: { critical_patches: 24_hours }\n', 'config.not_built'],
    ['plain HTTP to other machines', 'listeners: { gateway: { host: 0.0.0.0, names: [a.example] } }\n', 'plain_http: {reason, until}'],
  ])(
    'does not start with %s, and says where',
    async (_name, text, expected) => {
      expect(await refused(text)).toContain(expected);
    },
    60_000,
  );
});

const s_client = (port: number, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], { timeout: 10_000 }, (_error, out, err) =>
      resolve(out + err),
    );
    child.stdin?.end('Q\n');
  });

const portOf = (url: string): number => Number(new URL(url).port);

describe('TLS', () => {
  it('is 1.3 and nothing less on both listeners, with the certificate of the file', async () => {
    const folder = newFolder();
    const ca = makeCertificate(folder, 'one');
    gateway = await startFromFile('tls: { cert: one.pem, key: one.key }\n', { folder });
    const { mcpUrl, adminUrl } = gateway.running;
    expect(mcpUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/mcp$/);
    for (const url of [mcpUrl, adminUrl]) {
      expect(await s_client(portOf(url), '-tls1_2')).toMatch(/alert protocol version|no protocols available/i);
      expect(await s_client(portOf(url), '-tls1_3', '-CAfile', join(folder, 'one.pem'))).toContain('Verify return code: 0');
      // What is no TLS gets no answer of ours.
      await expect(ask({ url: url.replace('https', 'http') }, { key: 'x', method: 'GET' })).rejects.toThrow();
    }
    const key = await gateway.key('one');
    const answer = await ask({ url: mcpUrl, ca }, { key: key.text, ...modern(1, 'server/discover') });
    expect(answer.status).toBe(200);
    const admin = await ask({ url: adminUrl, ca }, { method: 'GET', path: '/api/v1/status', key: readKey(gateway) });
    expect(admin.status).toBe(200);
    await expect(ask({ url: mcpUrl }, { key: key.text, ...modern(1, 'server/discover') })).rejects.toThrow(/self-signed/);
  }, 60_000);

  it('needs a key that belongs to the certificate, and that others cannot read', async () => {
    const folder = newFolder();
    makeCertificate(folder, 'one');
    makeCertificate(folder, 'two');
    chmodSync(join(folder, 'one.key'), 0o644);
    expect(await refused('tls: { cert: one.pem, key: one.key }\n', folder)).toContain('a file that others cannot read: chmod o-rwx');
    const other = newFolder();
    makeCertificate(other, 'one');
    makeCertificate(other, 'two');
    expect(await refused('tls: { cert: one.pem, key: two.key }\n', other)).toContain('a certificate and its own key');
  }, 60_000);
});

const readKey = ({ running }: FileGateway): string => readFileSync(running.adminKeyFile, 'utf8').trim();

describe('plain HTTP beyond the loopback interface', () => {
  it('is spoken where the file says so: recorded, and shown as the deviation that it is', async () => {
    gateway = await startFromFile(
      'listeners: { gateway: { host: 0.0.0.0, names: [mcp.example.com], plain_http: { reason: the balancer ends TLS, until: 2099-01-01 } } }\n',
    );
    const { port } = new URL(gateway.running.mcpUrl);
    expect(gateway.running.mcpUrl).toBe(`http://mcp.example.com:${port}/mcp`);
    const key = await gateway.key('one');
    const url = `http://127.0.0.1:${port}/mcp`;
    const named = (host: string) =>
      ask({ url }, { key: key.text, ...modern(1, 'server/discover'), headers: { ...modern(1, 'server/discover').headers, host } });
    expect((await named('mcp.example.com')).status).toBe(200);
    expect((await named(`mcp.example.com:${port}`)).status).toBe(200);
    expect((await named('evil.example')).status).toBe(403);
    expect(gateway.running.status().deviations).toEqual([
      { key: 'listeners.gateway.plain_http', reason: 'the balancer ends TLS', until: '2099-01-01' },
    ]);
    const applied = (await gateway.records()).filter((record) => JSON.stringify(record).includes('config.snapshot.applied'));
    expect(JSON.stringify(applied)).toContain('the balancer ends TLS');
  }, 60_000);
});

describe('addresses', () => {
  const many = (count: number, one: (i: number) => Promise<{ readonly status: number }>) =>
    Promise.all(Array.from({ length: count }, (_, i) => one(i)));
  const accepted = (answers: readonly { readonly status: number }[]): number => answers.filter(({ status }) => status === 200).length;
  const SETTINGS = 'rate_limiting: { progressive_delays: true }\n';

  it('of an untrusted peer are its own, over IPv6 too; of a trusted proxy those that it names, IPv6 by /64; and users of one share its budget [R2-054]', async () => {
    gateway = await startFromFile(`listeners: { gateway: { host: "::1" } }\n${SETTINGS}`);
    expect(gateway.running.mcpUrl).toMatch(/^http:\/\/\[::1\]:\d+\/mcp$/);
    const keys = [await gateway.key('one'), await gateway.key('two')];
    const list = (i: number, forwarded: string) => {
      const { body, headers } = modern(i, 'tools/list');
      return ask(
        { url: gateway?.running.mcpUrl ?? '' },
        { key: keys[i % 2]?.text ?? '', body, headers: { ...headers, 'x-forwarded-for': forwarded } },
      );
    };
    // Nobody is trusted: whatever the header says, ::1 has one budget, and both users share it.
    expect(accepted(await many(140, (i) => list(i, `2001:db8:${i.toString(16)}::1`)))).toBe(120);
    const { folder } = gateway;
    await gateway.stop();
    gateway = await startFromFile(`listeners: { gateway: { host: "::1" } }\ntrusted_proxies: ["::1"]\n${SETTINGS}`, { folder });
    // A trusted proxy: addresses that rotate within a /64 are one, and another /64 is another.
    expect(accepted(await many(140, (i) => list(i, `198.51.100.${i}, 2001:db8::${(i + 1).toString(16)}`)))).toBe(120);
    expect((await list(0, '2001:db8:1::1')).status).toBe(200);
    expect((await list(0, '2001:db8::ffff')).status).toBe(429);
  }, 60_000);
});
