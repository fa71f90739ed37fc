import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFile } from '../../src/config/file/load.ts';
import { tellMistake } from '../../src/config/mistake.ts';
import type { LogWanted } from '../../src/contracts/running.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern } from '../scenarios/wire.ts';
import { ask, type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

let gateway: FileGateway | null = null;
let collector: Server | null = null;
afterEach(async () => {
  await gateway?.end();
  collector?.close();
  [gateway, collector] = [null, null];
});

const reload = async (text: string) => {
  gateway?.write(text);
  return (await gateway?.admin('POST', '/config/reload'))?.status;
};

describe('telemetry of a file', () => {
  it('sends traces where it says, with its headers from where secrets stand; another receiver takes a restart', async () => {
    const got: { readonly path: string | undefined; readonly token: string | undefined; readonly text: string }[] = [];
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        got.push({ path: request.url, token: request.headers.authorization, text });
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    collector = receiver;
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/traces`;
    const text = (ratio: number): string => `servers:
  one: { command: ${process.execPath}, args: [${join(FIXTURES, 'tool-server-stdio.ts')}], effects: { echo: read } }
telemetry:
  otlp: { endpoint: '${endpoint}', headers: { Authorization: Bearer env:COLLECTOR_TOKEN }, ratio: ${ratio} }
`;
    gateway = await startFromFile(text(1), { env: { COLLECTOR_TOKEN: 'collector-canary' } });
    const caller = { mcp: gateway.running.mcpUrl, key: (await gateway.key('one', ['reader'])).text };
    await modern(caller, 1, 'tools/call', { name: 'one__echo', arguments: { text: 'x' } });
    expect(await reload(text(0.5))).toBe(409);
    expect(gateway.running.status().config.problem).toContain(
      'telemetry.otlp: expected the receiver of the start; another takes a restart',
    );
    const version = await gateway.admin('GET', '/config/versions/1');
    expect(JSON.stringify(version.body)).not.toContain('collector-canary');
    await gateway.stop();
    expect(got.length).toBeGreaterThan(0);
    expect(got[0]).toMatchObject({ path: '/v1/traces', token: 'Bearer collector-canary' });
    expect(got.map((one) => one.text).join('')).toContain('tools/call');
  }, 60_000);

  it('says which lines are written and how, at the start and with each change', async () => {
    const told: LogWanted[] = [];
    const tuneLog = (wanted: LogWanted): void => void told.push(wanted);
    gateway = await startFromFile('telemetry: { log: { level: debug, format: json } }\n', { start: { tuneLog } });
    expect(told).toEqual([{ level: 'debug', format: 'json' }]);
    expect(await reload('telemetry: { log: { level: error } }\n')).toBe(200);
    expect(await reload('telemetry: { log: { level: loud } }\n')).toBe(409);
    expect(await reload('\n')).toBe(200);
    expect(told).toEqual([{ level: 'debug', format: 'json' }, { level: 'error' }, {}]);
  }, 60_000);

  it('shuts the metrics and opens them again without a restart', async () => {
    gateway = await startFromFile('telemetry: { metrics: false }\n');
    const { text } = await gateway.key('prometheus', ['monitor']);
    const scrape = async (): Promise<number> =>
      (await ask({ url: gateway?.running.adminUrl ?? '' }, { method: 'GET', path: '/metrics', key: text })).status;
    expect(await scrape()).toBe(404);
    expect(await reload('telemetry: {}\n')).toBe(200);
    expect(await scrape()).toBe(200);
  }, 60_000);
});

describe('the socket for administration', () => {
  it('stands where the file says, is named in the data directory, and does not move while the gateway runs', async () => {
    const [folder, place] = [newFolder(), newFolder()];
    const socket = join(place, 'admin.sock');
    gateway = await startFromFile(`listeners: { admin: { socket: ${socket} } }\n`, { folder });
    expect(gateway.running.socketPath).toBe(socket);
    expect(statSync(socket).isSocket()).toBe(true);
    expect((await gateway.admin('GET', '/status')).status).toBe(200);
    expect(await reload('\n')).toBe(409);
    expect(gateway.running.status().config.problem).toContain(`listeners.admin.socket: expected ${socket}, as at the start`);
  }, 60_000);

  it('does not stand in a folder that others can reach', async () => {
    const folder = newFolder();
    await expect(startFromFile('listeners: { admin: { socket: /tmp/sallyport-admin.sock } }\n', { folder })).rejects.toThrow(
      /storage\.permissions: \/tmp belongs to somebody else, or others can reach it/,
    );
  }, 60_000);
});

it.each([
  ['telemetry: { otlp: { endpoint: collector } }', 'telemetry.otlp.endpoint: expected http:// or https://'],
  [
    "telemetry: { otlp: { endpoint: 'http://u:p@h/' } }",
    'telemetry.otlp.endpoint: expected env:NAME or file:PATH in place of a literal secret',
  ],
  ["telemetry: { otlp: { endpoint: 'http://h/', ratio: 2 } }", 'telemetry.otlp.ratio: expected a number from 0 to 1, got 2'],
  [
    "telemetry: { otlp: { endpoint: 'http://h/', headers: { Authorization: Bearer abcdefgh } } }",
    'telemetry.otlp.headers.Authorization: expected env:NAME or file:PATH',
  ],
  ['telemetry: { log: { levle: debug } }', 'telemetry.log.levle: unknown key; did you mean level?'],
  ['telemetry: { metrics: maybe }', 'telemetry.metrics: expected true or false'],
  ['listeners: { admin: { socket: relative/admin.sock } }', 'listeners.admin.socket: expected an absolute path'],
  [`listeners: { admin: { socket: /${'x'.repeat(100)} } }`, 'listeners.admin.socket: expected an absolute path of at most 100 characters'],
  ['listeners: { gateway: { socket: /run/x.sock } }', 'listeners.gateway.socket: unknown key'],
])('%s is a mistake', (text, told) => {
  const loaded = loadFile({ name: 'f.yaml', bytes: Buffer.from(text), now: 0 });
  const found = loaded.ok ? [] : loaded.mistakes.map(tellMistake);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(
    new RegExp(
      told
        .split('|')
        .map((one) => one.replaceAll(/[.?*+()[\]{}/]/g, '\\$&'))
        .join('|'),
    ),
  );
});
