import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:inspector';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type FileGateway, inDatabase, makeCertificate, newFolder, startFromFile } from '../config/file-gateway.ts';
import { examine, SAFE_NODE } from './examine.ts';

let gateway: FileGateway | null = null;
afterEach(async () => {
  await gateway?.end();
  gateway = null;
});

const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const FAILS: ReadonlySet<string> = new Set(['broken', 'danger']);

interface Setting {
  /** As SECURITY.md calls it. */
  readonly named: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly prepare?: (folder: string) => void;
  /** What a refused start says, or what doctor says once it runs. */
  readonly refused?: string;
  readonly found?: string;
}

const beyond = (name: string, more: string): string => `listeners:\n  ${name}:\n    host: 0.0.0.0\n    names: [mcp.example.com]\n${more}`;
const plain = `    plain_http: { reason: the balancer ends TLS, until: ${until} }\n`;

/** R0-06: each is refused at the start, or doctor fails with its name. */
const SETTINGS: readonly Setting[] = [
  { named: 'public bind without TLS', file: beyond('gateway', ''), refused: 'listeners.gateway.tls' },
  { named: 'public bind without TLS', file: beyond('admin', ''), refused: 'listeners.admin.tls' },
  { named: 'TLS off', file: beyond('gateway', plain), found: 'listeners.gateway.plain_http' },
  { named: 'TLS off', file: beyond('admin', plain), found: 'listeners.admin.plain_http' },
  {
    named: 'public bind under any name',
    file: `tls: { cert: one.pem, key: one.key }\nlisteners: { gateway: { host: '::' } }\n`,
    prepare: (folder) => void makeCertificate(folder, 'one'),
    refused: 'listeners.gateway.names',
  },
  { named: 'wildcard origin', file: `listeners: { gateway: { origins: ['*'] } }\n`, refused: 'listeners.gateway.origins.0' },
  { named: 'wildcard origin', file: `listeners: { gateway: { names: ['*'] } }\n`, refused: 'listeners.gateway.names.0' },
  { named: 'every proxy believed', file: 'trusted_proxies: [0.0.0.0/0]\n', refused: 'trusted_proxies.0' },
  {
    named: 'default credentials',
    file: 'storage: { postgres: env:DATABASE }\n',
    env: { DATABASE: 'postgres://postgres:postgres@127.0.0.1:1/sallyport' },
    refused: 'storage.postgres',
  },
  {
    named: 'default credentials',
    file: `servers: { one: { command: x, env: { API_TOKEN: env:TOKEN } } }\n`,
    env: { TOKEN: 'ChangeMe' },
    refused: 'servers.one.env.API_TOKEN',
  },
  {
    named: 'literal secret',
    file: 'servers: { one: { command: x, env: { API_TOKEN: abc } } }\n',
    refused: 'servers.one.env.API_TOKEN',
  },
  { named: 'debug', file: 'telemetry: { log: { level: debug } }\n', found: 'telemetry.log.level' },
  {
    named: 'world-readable key file',
    file: 'tls: { cert: one.pem, key: one.key }\n',
    prepare: (folder) => {
      makeCertificate(folder, 'one');
      chmodSync(join(folder, 'one.key'), 0o644);
    },
    refused: 'one.key',
  },
  {
    named: 'world-readable key file',
    file: 'servers: { one: { command: x, env: { API_TOKEN: file:token } } }\n',
    prepare: (folder) => writeFileSync(join(folder, 'token'), 'a secret of its own', { mode: 0o644 }),
    refused: 'servers.one.env.API_TOKEN',
  },
  {
    named: 'policy files that others may write',
    file: 'policies: policies\n',
    prepare: (folder) => {
      mkdirSync(join(folder, 'policies'));
      writeFileSync(join(folder, 'policies', 'a.cedar'), '');
      chmodSync(join(folder, 'policies', 'a.cedar'), 0o666);
    },
    refused: 'policies',
  },
];

const SECURITY = readFileSync(join(import.meta.dirname, '../../../../SECURITY.md'), 'utf8');
const failing = async (of: FileGateway) =>
  (await examine({ args: ['--data', of.running.dataDir], node: SAFE_NODE })).findings.filter(({ gravity }) => FAILS.has(gravity));

describe('a dangerous setting [R0-06]', () => {
  it.each(SETTINGS)(
    '$named: $file',
    async ({ named, file, env = {}, prepare, refused, found }) => {
      expect(SECURITY).toContain(`| ${named} |`);
      const folder = newFolder();
      prepare?.(folder);
      if (refused !== undefined) {
        await expect(startFromFile(file, { folder, env })).rejects.toThrow(refused);
        rmSync(folder, { recursive: true });
        return;
      }
      gateway = await startFromFile(file, { folder, env });
      const findings = await failing(gateway);
      expect(findings.map(({ what }) => what)).toEqual([expect.stringContaining(found ?? '')]);
    },
    60_000,
  );

  it('a key of the gateway that others can read, and a debugger that is open', async () => {
    for (const named of ['world-readable key file', 'debugger']) expect(SECURITY).toContain(`| ${named} |`);
    gateway = await startFromFile('');
    const keys = join(gateway.running.dataDir, 'keys');
    chmodSync(keys, 0o644);
    expect((await failing(gateway)).map(({ what }) => what)).toEqual([expect.stringContaining(keys)]);
    chmodSync(keys, 0o600);
    const debuggerEnd = open(0, '127.0.0.1');
    try {
      expect((await failing(gateway)).map(({ what }) => what)).toEqual([expect.stringContaining('node.inspect')]);
    } finally {
      debuggerEnd[Symbol.dispose]();
    }
    expect(await failing(gateway)).toEqual([]);
  }, 60_000);

  it('drift against the approved configuration: in the file and in the database', async () => {
    expect(SECURITY).toContain('| drift against the approved configuration |');
    const folder = newFolder();
    gateway = await startFromFile('', { folder });
    gateway.write('listeners: { gateway: { port: 1 } }\n');
    await gateway.admin('POST', '/config/reload');
    expect((await failing(gateway)).map(({ what }) => what)).toEqual([expect.stringContaining('listeners.gateway.port')]);
    gateway.write('');
    await gateway.admin('POST', '/config/reload');
    expect((await gateway.admin('POST', '/grants', { principal: 'someone', tool: 'one__tool' })).status).toBe(201);
    await gateway.stop();
    await inDatabase(folder, "update policy_grant set principal = 'attacker'");
    await expect(startFromFile('', { folder })).rejects.toThrow('grants.attacker one__tool');
    gateway = await startFromFile('', { folder, start: { acceptChanged: true } });
  }, 60_000);

  it('is in no fresh install: nothing fails', async () => {
    gateway = await startFromFile('');
    expect(await failing(gateway)).toEqual([]);
  }, 60_000);
});
