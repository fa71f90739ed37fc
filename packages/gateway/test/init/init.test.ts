import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ask } from '../../src/cli/ask.ts';
import type { Checking } from '../../src/cli/commands/check.ts';
import type { PrintingClients } from '../../src/cli/commands/clients.ts';
import type { Connecting } from '../../src/cli/commands/connect.ts';
import type { Examining } from '../../src/cli/commands/doctor.ts';
import type { Starting } from '../../src/cli/commands/serve.ts';
import { CommandError } from '../../src/cli/exit.ts';
import { programOf } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { startGateway } from '../../src/main.ts';
import { ask as askAt, makeCertificate, startFromFile } from '../config/file-gateway.ts';
import { startOptions } from '../scenarios/running-gateway.ts';

let folder: string;
let file: string;
let data: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-init-'));
  file = join(folder, 'sallyport.yaml');
  data = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function init(
  args: readonly string[],
  { json = false, ask, width = null }: { json?: boolean; ask?: Ask; width?: number | null } = {},
): Promise<Ended> {
  const outs: string[] = [];
  const terminal: Terminal = {
    screen: { width, color: false },
    json,
    print: (text) => void outs.push(text),
    printJson: (value) => void outs.push(JSON.stringify(value)),
    tell: () => undefined,
  };
  const program = await programOf({
    version: '0',
    out: () => undefined,
    err: () => undefined,
    surroundings: { terminalFor: () => terminal, now: () => Date.now(), adding: { env: {}, cwd: folder, ask: null } },
    starting: {} as Starting,
    checking: {} as Checking,
    connecting: {} as Connecting,
    printing: {} as PrintingClients,
    examining: {} as Examining,
    initialising: {
      terminalFor: () => terminal,
      startGateway: async () => startGateway,
      machine: startOptions(data, { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }).surroundings,
      absolute: (path) => resolve(folder, path),
      shown: (path) => path.replace(`${folder}/`, './'),
      env: {},
      now: () => Date.now(),
      ask: ask === undefined ? null : async () => ask,
    },
  });
  try {
    await program.parseAsync(['--data', data, ...(json ? ['--json'] : []), 'init', '--config', file, ...args], { from: 'user' });
    return { code: 0, out: outs.join('\n'), err: '' };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.code, out: outs.join('\n'), err: error.message };
  }
}

const person = (answers: Partial<Ask>): Ask => ({
  text: async ({ initial }) => initial ?? '',
  confirm: async ({ initial }) => initial,
  one: async ({ initial }) => initial,
  many: async ({ initial }) => initial,
  ...answers,
});

describe('init', () => {
  it('writes a file that serves, makes the data directory, shows the first admin key once and keeps it, mode 0600', async () => {
    const done = await init(['--port', '18080']);
    expect([done.code, statSync(file).mode & 0o777, statSync(data).mode & 0o777]).toEqual([0, 0o600, 0o700]);
    const key = readFileSync(join(data, 'admin.key'), 'utf8').trim();
    expect(done.out).toContain(key);
    expect(statSync(join(data, 'admin.key')).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('port: 18080');
    expect(text).not.toContain(key);
    const gateway = await startFromFile(text, { folder });
    const answer = await askAt({ socketPath: gateway.running.socketPath }, { method: 'GET', path: '/api/v1/status', key });
    expect(answer.status).toBe(200);
    await gateway.end();
  });

  it('shows a key that was there already no second time', async () => {
    await init([]);
    const key = readFileSync(join(data, 'admin.key'), 'utf8').trim();
    rmSync(file);
    const again = await init([]);
    expect([again.code, again.out.includes(key)]).toEqual([0, false]);
    expect(again.out).toContain('as it was');
    expect(readFileSync(join(data, 'admin.key'), 'utf8').trim()).toBe(key);
  });

  it('never changes a file that is there', async () => {
    writeFileSync(file, '# mine\n');
    const refused = await init([]);
    expect([refused.code, readFileSync(file, 'utf8'), existsSync(data)]).toEqual([1, '# mine\n', false]);
    expect(refused.err).toContain('sallyport check');
  });

  it('asks a person, and writes what was answered', async () => {
    makeCertificate(folder, 'gateway');
    const asked: string[] = [];
    const ask = person({
      one: async ({ message, initial }) => {
        asked.push(message);
        return (message === 'Who reaches it?' ? 'network' : initial) as never;
      },
      text: async ({ message, initial }) => {
        asked.push(message);
        if (message.startsWith('Host')) return 'mcp.example.com';
        if (message.startsWith('Certificate')) return 'gateway.pem';
        return message.startsWith('Its private key') ? 'gateway.key' : (initial ?? '');
      },
    });
    const done = await init([], { ask, width: 100 });
    expect([done.code, asked.length]).toEqual([0, 7]);
    expect(done.out).toContain('mcp.example.com, TLS 1.3, port 8080');
    expect(readFileSync(file, 'utf8')).toMatch(/names: \["mcp\.example\.com"\][\s\S]*cert: "gateway\.pem"/);
  });

  it('is one object with --json', async () => {
    const done = JSON.parse((await init([], { json: true })).out);
    expect(done).toEqual({
      file,
      data,
      adminKeyFile: join(data, 'admin.key'),
      adminKey: readFileSync(join(data, 'admin.key'), 'utf8').trim(),
      next: `sallyport serve --config ${file} --data ${data}`,
    });
  });

  it.each([
    ['a network without a host', 2, ['--reach', 'network'], '--name is needed'],
    ['a network without a certificate', 2, ['--reach', 'network', '--name', 'mcp.example.com'], '--tls-cert is needed'],
    [
      'a certificate that is not there',
      1,
      ['--reach', 'network', '--name', 'a.example', '--tls-cert', 'no.pem', '--tls-key', 'no.key'],
      'Nothing was written',
    ],
    ['a host that is none', 2, ['--reach', 'network', '--name', 'a b'], 'DNS rebinding'],
    ['a reach that is none', 2, ['--reach', 'world'], 'machine or network'],
    ['a port that is none', 2, ['--port', '99999'], '1 to 65535'],
    ['one port for both', 2, ['--port', '8081'], 'two different ports'],
    ['a host for this machine only', 2, ['--name', 'a.example'], '--reach network'],
    ['a password in the file', 2, ['--postgres', 'postgres://u:p@h/d'], 'never stands in the file'],
    ['a variable that is not set', 1, ['--postgres', 'env:NOT_SET'], 'Nothing was written'],
  ] as const)('leaves nothing behind where it is given %s: exit %i', async (_what, code, args, text) => {
    const ended = await init(args);
    expect([ended.code, existsSync(file), existsSync(data)]).toEqual([code, false, false]);
    expect(ended.err).toContain(text);
  });
});
