import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer, getCACertificates, type Server, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { loadFile } from '../../src/config/file/load.ts';
import { tellMistake } from '../../src/config/mistake.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { ask, type FileGateway, makeCertificate, newFolder, rpc, startFromFile } from './file-gateway.ts';

/** A server that speaks one version of TLS, in front of a real one. */
interface Upstream {
  readonly url: string;
  /** Versions and ciphers that were agreed on. */
  readonly agreed: string[];
  /** Ends every connection. */
  cut(): void;
  close(): void;
}

const folder = newFolder();
let plain: { readonly port: number; readonly child: ChildProcess };
let gateway: FileGateway | null = null;
const upstreams: Upstream[] = [];
const trusted = getCACertificates('default');

beforeAll(async () => {
  setDefaultCACertificates([...trusted, makeCertificate(folder, 'one')]);
  const child = spawn(process.execPath, [join(FIXTURES, 'tool-server-http.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    plain = { port: Number(line.slice(line.lastIndexOf(':') + 1)), child };
    break;
  }
}, 30_000);
afterEach(async () => {
  await gateway?.end();
  gateway = null;
  for (const one of upstreams.splice(0)) one.close();
});
afterAll(() => {
  plain.child.kill();
  setDefaultCACertificates(trusted);
});

async function upstream(version: 'TLSv1.2' | 'TLSv1.3', ciphers?: string): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const agreed: string[] = [];
  const [cert, key] = [readFileSync(join(folder, 'one.pem')), readFileSync(join(folder, 'one.key'))];
  const server: Server = createServer({
    cert,
    key,
    minVersion: version,
    maxVersion: version,
    ...(ciphers === undefined ? {} : { ciphers }),
  });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => {
    agreed.push(`${socket.getProtocol()} ${socket.getCipher().name}`);
    const behind = connect(plain.port, '127.0.0.1');
    for (const one of [socket, behind]) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => [socket, behind].forEach((both) => void both.destroy()));
    }
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const made = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    agreed,
    cut,
    close: () => {
      server.close();
      cut();
    },
  };
  upstreams.push(made);
  return made;
}

const s_client = (url: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const place = `127.0.0.1:${new URL(url).port}`;
    const child = execFile('openssl', ['s_client', '-connect', place, ...args], { timeout: 10_000 }, (_error, out, err) =>
      resolve(out + err),
    );
    child.stdin?.end('Q\n');
  });

const LISTENERS = 'tls: { cert: one.pem, key: one.key }\n';
const day = (ahead: number): string => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
const server = (url: string, more = ''): string => `${LISTENERS}servers:\n  old:\n    url: ${url}\n    effects: { echo: read }\n${more}`;
const exception = (until: string): string => `    tls_1_2: { reason: its maker moves to 1.3 next year, until: ${until} }\n`;

async function calls(running: FileGateway): Promise<boolean> {
  const { text } = await running.key(`key-${Math.random()}`, ['reader']);
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
  };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'old__echo' };
  const body = rpc(1, 'tools/call', { name: 'old__echo', arguments: { text: 'x' }, _meta });
  const answer = await ask(
    { url: running.running.mcpUrl, ca: readFileSync(join(folder, 'one.pem'), 'utf8') },
    { key: text, body, headers },
  );
  return answer.body.includes('{\\"text\\":\\"x\\"}');
}

const start = async (text: string, options = {}): Promise<FileGateway> => {
  gateway = await startFromFile(text, { folder, ...options });
  // The folder with the certificate is used by several tests.
  gateway = { ...gateway, end: gateway.stop };
  return gateway;
};
const reload = async (running: FileGateway, text: string) => {
  running.write(text);
  return running.admin('POST', '/config/reload');
};

describe('TLS', () => {
  it('is 1.3 to and from everybody; a server that speaks 1.2 alone takes an exception that ends and is shown [R2-023]', async () => {
    const [old, current] = [await upstream('TLSv1.2'), await upstream('TLSv1.3')];
    const running = await start(server(current.url));
    for (const url of [running.running.mcpUrl, running.running.adminUrl]) {
      expect(await s_client(url, '-tls1_2')).toMatch(/alert protocol version|no protocols available/i);
      expect(await s_client(url, '-tls1_3', '-CAfile', join(folder, 'one.pem'))).toContain('Verify return code: 0');
    }
    expect(await calls(running)).toBe(true);
    expect(current.agreed.every((one) => one.startsWith('TLSv1.3'))).toBe(true);
    const refused = await reload(running, server(old.url));
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      409,
      expect.stringContaining('servers.old: expected a server that answers'),
    ]);
    expect(old.agreed).toEqual([]);
    expect((await reload(running, server(old.url, exception(day(20))))).status).toBe(200);
    expect(await calls(running)).toBe(true);
    expect(old.agreed.length).toBeGreaterThan(0);
    for (const one of old.agreed) expect(one).toMatch(/^TLSv1\.2 ECDHE-ECDSA-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)$/);
    expect(running.running.status().deviations).toEqual([
      { key: 'servers.old.tls_1_2', reason: 'its maker moves to 1.3 next year', until: day(20) },
    ]);
    // stdio has no network hop, and SECURITY.md says so.
    expect(readFileSync(join(import.meta.dirname, '../../../../SECURITY.md'), 'utf8')).toContain(
      'a server over stdio has no network between',
    );
  }, 90_000);

  it('1.2 ends with its last day, also where nobody touches the file', async () => {
    const old = await upstream('TLSv1.2');
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() };
    const running = await start(server(old.url, exception(day(1))), { start: { clock } });
    expect(await calls(running)).toBe(true);
    ahead = 3 * 86_400_000;
    old.cut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await calls(running)).toBe(false);
    expect(running.running.status().config.problem).toContain('servers.old.tls_1_2.until');
  }, 90_000);

  it('1.2 is without what 1.3 dropped: no exception helps a server that has nothing better', async () => {
    const weak = await upstream('TLSv1.2', 'ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256');
    const running = await start(LISTENERS);
    expect((await reload(running, server(weak.url, exception(day(5))))).status).toBe(409);
    expect(weak.agreed).toEqual([]);
  }, 60_000);

  it.each([
    [
      `servers: { a: { url: 'https://a.example/mcp', tls_1_2: { reason: too short, until: 2099-01-01 } } }`,
      'servers.a.tls_1_2.reason: expected why',
    ],
    [
      `servers: { a: { url: 'https://a.example/mcp', tls_1_2: { reason: long enough it is } } }`,
      'servers.a.tls_1_2.until: expected a date',
    ],
    [
      `servers: { a: { url: 'https://a.example/mcp', tls_1_2: { reason: long enough it is, until: 2020-01-01 } } }`,
      'servers.a.tls_1_2.until: expected a date that is not past, got "2020-01-01"',
    ],
    [
      `servers: { a: { url: 'http://127.0.0.1:1/mcp', tls_1_2: { reason: long enough it is, until: 2099-01-01 } } }`,
      'tls_1_2 beside an https url only',
    ],
    [`servers: { a: { command: x, tls_1_2: { reason: long enough it is, until: 2099-01-01 } } }`, 'tls_1_2 beside an https url only'],
  ])('%s is a mistake', (text, told) => {
    const loaded = loadFile({ name: 'f.yaml', bytes: Buffer.from(text), now: Date.parse('2026-11-21') });
    expect(loaded.ok ? [] : loaded.mistakes.map(tellMistake)).toEqual([expect.stringContaining(told)]);
  });

  it('1.2 is given by the file alone: the API does not take it', async () => {
    const running = await start(LISTENERS);
    const transport = { kind: 'streamable-http', url: 'https://127.0.0.1:1/mcp', tls12Until: '2099-01-01' };
    const refused = await running.admin('POST', '/servers', { id: 'old', transport });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining('tls12Until')]);
  }, 60_000);
});
