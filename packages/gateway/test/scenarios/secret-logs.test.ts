import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FIXTURES } from './running-gateway.ts';
import { call, session } from './wire.ts';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const CANARY = {
  env: 'canary-env-a0f1b2\nsecond-line-of-it-77',
  header: 'canary-header-c3d4e5',
  url: 'canary-url-f6a7b8',
  argument: 'canary-argument-091a2b',
  wrongKey: `sp_${'C'.repeat(43)}_CCCCCC`,
  basic: 'canary-basic-3c4d5e',
};
const SECRETS = [...Object.values(CANARY).flatMap((value) => value.split('\n')), encodeURIComponent(CANARY.env)];

/** Does everything in which a secret comes to a gateway, right and wrong, and returns all that it wrote to stdout and stderr. */
async function everythingSaid(
  options: readonly string[],
): Promise<{ readonly text: string; readonly keys: readonly string[]; readonly lines: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-secrets-'));
  const data = join(folder, 'data');
  const child = spawn(process.execPath, [ENTRY, '--data', data, 'serve', '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    errors += chunk.toString();
  });
  const [first] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { mcp } = JSON.parse(first) as { readonly mcp: string };
  const adminKey = readFileSync(join(data, 'admin.key'), 'utf8').trim();
  const status = await promisify(execFile)(process.execPath, [ENTRY, '--data', data, 'status', '--json']);
  const { adminUrl } = JSON.parse(status.stdout) as { readonly adminUrl: string };
  const ask = (url: string, method: string, body?: unknown, authorization = `Bearer ${adminKey}`): Promise<Response> =>
    fetch(url, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const api = `${adminUrl}/api/v1`;
  const launch = {
    command: process.execPath,
    args: [join(FIXTURES, 'talkative-stdio.ts'), '--tools', 'read:1'],
    env: { TOKEN: CANARY.env },
  };
  const made = await ask(`${api}/servers`, 'POST', {
    id: 'talks',
    transport: { kind: 'stdio', launch },
    effects: { echo: 'read', read_0: 'read' },
  });
  expect(made.status).toBe(201);
  const remote = {
    kind: 'streamable-http',
    url: `http://127.0.0.1:9/mcp?token=${CANARY.url}`,
    headers: { authorization: `Bearer ${CANARY.header}` },
  };
  await ask(`${api}/servers`, 'POST', { id: 'remote', transport: remote });
  await ask(`${api}/servers`, 'POST', {
    id: 'wrong',
    transport: { kind: 'stdio', launch: { command: '/nowhere', args: [CANARY.argument], env: { TOKEN: CANARY.env } } },
  });
  const key = (
    (await (await ask(`${api}/keys`, 'POST', { name: 'client', roles: ['writer'], scopes: [{ server: '*', tool: '*' }] })).json()) as {
      readonly secret: string;
    }
  ).secret;
  const caller = await session({ mcp, key });
  for (const tool of ['talks__echo', 'talks__read_0', 'talks__no_such', 'nobody__tool'])
    await call(caller, tool, tool, { text: CANARY.argument });
  for (const url of [
    `${mcp}?api_key=${key}`,
    `${mcp}?key=${CANARY.url}`,
    `${api}/keys?token=${adminKey}`,
    `${api}/keys?token=${CANARY.url}`,
  ])
    await ask(url, 'POST', {});
  for (const credentials of [`Bearer ${CANARY.wrongKey}`, `Basic ${CANARY.basic}`, CANARY.basic]) {
    await ask(mcp, 'POST', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, credentials);
    await ask(`${api}/keys`, 'GET', undefined, credentials);
  }
  child.kill('SIGTERM');
  await once(child, 'exit');
  rmSync(folder, { recursive: true, force: true });
  return { text, keys: [adminKey, key], lines: errors.split('\n').filter((line) => line !== '') };
}

describe('what a gateway writes to stdout and stderr', () => {
  it.each([
    ['json', ['--log-level', 'debug']],
    ['json', ['--log-level', 'debug', '--log-format', 'json']],
    ['text', ['--log-level', 'debug', '--log-format', 'text']],
  ] as const)(
    'as %s with %j holds no secret from any place, and what a server says of itself without its secrets',
    async (format, options) => {
      const { text, keys, lines } = await everythingSaid(options);
      for (const secret of [...SECRETS, ...keys]) expect(text).not.toContain(secret);
      const talk = lines.filter((line) => line.includes('gateway.upstream.stderr'));
      expect(talk.join('\n')).toContain('TOKEN=[secret]');
      const shape =
        format === 'json'
          ? /^\{"time":"[^"]+","level":"(debug|info|warn|error)","event":"[a-z_.]+"/
          : /^\S+Z (debug|info |warn |error) [a-z_.]+/;
      for (const line of lines) if (!line.startsWith('First run')) expect(line).toMatch(shape);
    },
    60_000,
  );

  it('leaves out at the usual level what servers write', async () => {
    const { lines } = await everythingSaid([]);
    expect(lines.filter((line) => line.includes('gateway.upstream.stderr'))).toEqual([]);
    expect(lines.some((line) => line.includes('registry.server.registered'))).toBe(true);
  }, 60_000);

  it.each([
    ['--log-format', 'xml'],
    ['--log-level', 'loud'],
  ])('%s %s is a usage mistake', async (option, value) => {
    const child = spawn(process.execPath, [ENTRY, 'serve', option, value], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect([code, errors]).toEqual([2, expect.stringContaining(`${option} takes`)]);
  });
});
