import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const check = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { timeout: 30_000, cwd: folder, env: { ...process.env, ...env } };
    const child = execFile(process.execPath, [ENTRY, 'check', ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });

describe('sallyport check', () => {
  it('of a file that is right says so and ends with 0', async () => {
    write('sallyport.yaml', 'rate_limiting: { requests_per_minute: 60 }\n');
    const ended = await check([]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('sallyport.yaml is right');
  });

  it('tells all mistakes with file, line, key and mend, and ends with 1', async () => {
    write('bad.yaml', 'rate_limiting:\n  requests_per_minutes: 60\nservers: { a: { command: x, env: { API_KEY: literal } } }\n');
    const { code, out } = await check(['bad.yaml']);
    expect(code).toBe(1);
    expect(out).toContain('bad.yaml:2:3\trate_limiting.requests_per_minutes\tunknown key; did you mean requests_per_minute?');
    expect(out).toContain('bad.yaml:3:36\tservers.a.env.API_KEY\texpected env:NAME or file:PATH in place of a literal secret');
    expect(out).toContain('2 mistakes; the running configuration is unchanged');
  });

  it('hints at a role, a grant and an account that name a server which the file does not, each with its line and what was probably meant', async () => {
    write(
      'hints.yaml',
      `servers: { files: { command: x } }
roles: { r: { effects: { fles: read, files: read, '*': read }, tools: [other__x] } }
grants: [{ principal: p, tool: filse__x }, { principal: p, tool: files__x }]
clients: { c: { roles: [reader], scopes: ['*/*', flies/*] } }
`,
    );
    const { code, out } = await check(['hints.yaml']);
    expect(code).toBe(0);
    const hints = out.split('\n').filter((line) => line.startsWith('hint: '));
    expect(hints.map((line) => line.replace(/ Until .*$/, ''))).toEqual([
      'hint: hints.yaml:2:32 roles.r.effects.fles: the file names no server fles; did you mean files?',
      'hint: hints.yaml:2:72 roles.r.tools.0: the file names no server other',
      'hint: hints.yaml:3:10 grants.0: the file names no server filse; did you mean files?',
      'hint: hints.yaml:4:50 clients.c.scopes.1: the file names no server flies; did you mean files?',
    ]);
    const told = JSON.parse((await check(['hints.yaml', '--json'])).out);
    expect(told).toMatchObject({ mistakes: [], hints: [{ line: 2, nearest: 'files' }, {}, {}, {}] });
    write('api.yaml', 'roles: { r: { effects: { registered: read } } }\n');
    expect((await check(['api.yaml'])).out).not.toContain('hint');
  });

  it('gives the same to programs', async () => {
    write('bad.yaml', 'listners: {}\n');
    const { code, out } = await check(['bad.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out).mistakes).toEqual([
      expect.objectContaining({ file: 'bad.yaml', line: 1, column: 1, key: 'listners', reason: 'config.invalid', nearest: 'listeners' }),
    ]);
  });

  it('reads the policies and tables that the file names, and decides the cases that need no server', async () => {
    mkdirSync(join(folder, 'policies'), { recursive: true });
    write('team.yaml', 'roles: { analyst: { effects: { db: read } } }\npolicies: policies\npolicy_tests: cases.yaml\n');
    write('policies/a.cedar', '@id("closed") forbid (principal, action, resource in Server::"db");\n');
    const table =
      'tools: { db__query: { effect: read } }\nprincipals: { ana: { roles: [analyst] } }\ncases:\n  - { principal: ana, tool: db__query, expect: hidden, by: closed }\n  - { principal: ana, tool: other__tool, expect: allow }\n';
    write('cases.yaml', table);
    expect(await check(['team.yaml'])).toMatchObject({ code: 0, out: expect.stringContaining('team.yaml is right') });
    write('cases.yaml', table.replace('hidden, by: closed', 'allow'));
    const failed = await check(['team.yaml']);
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('cases.yaml:4:5\tcases.0\tana on db__query: expected allow, and it would be hidden by closed');
    write('policies/a.cedar', 'forbid everybody');
    expect((await check(['team.yaml'])).out).toContain('policies/a.cedar:1:8\tpolicy\t');
  }, 60_000);

  it('explains where each value came from', async () => {
    write('sallyport.yaml', 'rate_limiting_config:\n  requests_per_minute: 60\n');
    const { code, out } = await check(['--explain', '--json']);
    expect(code).toBe(0);
    const rows = JSON.parse(out) as readonly { readonly key: string }[];
    expect(rows.find((row) => row.key === 'rate_limiting.requests_per_minute')).toMatchObject({
      value: 60,
      source: 'document',
      line: 2,
      column: 3,
    });
    expect(rows.find((row) => row.key === 'rate_limiting.burst_allowance')).toMatchObject({ value: 20, source: 'guide', line: null });
  });

  it('looks references up, unless it is told not to', async () => {
    write('refs.yaml', 'servers: { a: { command: x, env: { API_KEY: env:CHECK_TEST_KEY, OTHER_KEY: "file:token" } } }\n');
    write('token', 'a secret\n');
    expect((await check(['refs.yaml'])).out).toContain('the environment variable CHECK_TEST_KEY, which is not set');
    expect((await check(['refs.yaml'], { CHECK_TEST_KEY: 'x' })).code).toBe(0);
    expect((await check(['refs.yaml', '--no-secrets'])).code).toBe(0);
    chmodSync(join(folder, 'token'), 0o644);
    const { code, out } = await check(['refs.yaml'], { CHECK_TEST_KEY: 'x' });
    expect(code).toBe(1);
    expect(out).toContain('a file that others cannot read: chmod o-rwx');
  });

  it('of a file that anybody may write is refused', async () => {
    write('open.yaml', '{}');
    chmodSync(join(folder, 'open.yaml'), 0o666);
    expect(await check(['open.yaml'])).toMatchObject({ code: 1, out: expect.stringContaining('chmod o-w') });
  });

  it('of a file that is not there is wrong usage, and of a folder is a mistake', async () => {
    expect(await check(['nothing.yaml'])).toMatchObject({ code: 2, err: expect.stringContaining('There is no file nothing.yaml') });
    expect(await check([folder])).toMatchObject({ code: 1, out: expect.stringContaining('a plain file') });
  });
});

describe('limits of servers in a file', () => {
  it('are told wrong by line, with what was expected and the nearest key', async () => {
    write(
      'limits.yaml',
      [
        'servers:',
        '  files:',
        '    command: x',
        '    limits:',
        '      calls_per_minutes: 3',
        '      in_flight: 0',
        '      in_flight_per_principal: 33',
        '      tools: { read: { in_flight: many } }',
        '',
      ].join('\n'),
    );
    const { code, out } = await check(['limits.yaml']);
    expect(code).toBe(1);
    expect(out).toContain('limits.yaml:5:7\tservers.files.limits.calls_per_minutes\tunknown key; did you mean calls_per_minute?');
    expect(out).toContain('limits.yaml:6:18\tservers.files.limits.in_flight\texpected a whole number from 1 to 10000');
    expect(out).toContain('limits.yaml:7:32\tservers.files.limits.in_flight_per_principal\texpected a whole number from 1 to 32');
    expect(out).toContain('limits.yaml:8:35\tservers.files.limits.tools.read.in_flight\texpected a whole number from 1 to 10000');
    expect(out).toContain('4 mistakes');
  });
});
