import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type FileGateway, newFolder, startFromFile } from '../config/file-gateway.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern } from '../scenarios/wire.ts';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const fileOf = (effects: string, more = '') =>
  `policies: policies\nservers:\n  one:\n    command: ${process.execPath}\n    args: [${SERVER}]\n    effects: { ${effects} }\n${more}`;
const EFFECTS = 'echo: read, read_0: read, write_0: write';
const NO_SECRETS =
  '@id("no-secrets") @message("not these") forbid (principal, action, resource == Tool::"one__echo") when { context.arguments has text && context.arguments.text like "*secret*" };';

let gateway: FileGateway;
let principal = '';

const cli = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [ENTRY, '--data', join(gateway.folder, 'data'), ...args],
      { timeout: 30_000 },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
    child.stdin?.end();
  });

interface Report {
  readonly replayed: number;
  readonly changed: number;
  readonly skipped: number;
  readonly changes: readonly {
    readonly target: string;
    readonly principal: string;
    readonly ref: string;
    readonly now: Said;
    readonly would: Said;
  }[];
  readonly next: string | null;
}
interface Said {
  readonly outcome: string;
  readonly policies: readonly { readonly id: string; readonly place: string | null }[];
}

async function replayed(body: JsonObject): Promise<Report> {
  const answer = await gateway.admin('POST', '/reports/replay', body);
  expect([answer.status, answer.body['error'] ?? null]).toEqual([200, null]);
  return answer.body as unknown as Report;
}

const told = ({ changes }: Report): readonly string[] =>
  changes.map(
    ({ target, now, would }) => `${target}: ${now.outcome} -> ${would.outcome} by ${would.policies.map(({ id }) => id).join(' ')}`,
  );

beforeAll(async () => {
  gateway = await startFromFile(fileOf(EFFECTS), { folder: newFolderWith() });
  const key = await gateway.key('ann', ['writer']);
  principal = key.principal;
  const caller = { mcp: gateway.running.mcpUrl, key: key.text };
  const calls: readonly (readonly [string, JsonObject])[] = [
    ['one__echo', { text: 'a secret' }],
    ['one__echo', { text: 'plain' }],
    ['one__write_0', { text: 'a' }],
    ['one__destructive_0', { text: 'a' }],
    ['one__nothing', { text: 'a' }],
  ];
  for (const [name, given] of calls) await modern(caller, name, 'tools/call', { name, arguments: given });
}, 60_000);
afterAll(() => gateway.end());

function newFolderWith(): string {
  const made = newFolder();
  mkdirSync(join(made, 'policies'));
  return made;
}

describe('recorded calls under proposed policies', () => {
  it('are decided again with the arguments that they had: what would change, and by which policy', async () => {
    const report = await replayed({ policies: NO_SECRETS });
    expect(told(report)).toEqual(['one__echo: allow -> deny by no-secrets']);
    expect(report).toMatchObject({ replayed: 4, changed: 1, next: null });
    expect(report.changes[0]?.would.policies).toEqual([{ id: 'no-secrets', place: 'line 1' }]);
    const shown = await gateway.admin('GET', `/log/${report.changes[0]?.ref}`);
    expect(JSON.stringify(shown.body)).toContain('a secret');
  });

  it('change in both directions: what was hidden would be permitted by a policy that permits it', async () => {
    const permit = `@id("ann") permit (principal == Principal::"${principal}", action, resource == Tool::"one__destructive_0");`;
    expect(told(await replayed({ policies: permit }))).toEqual(['one__destructive_0: hidden -> allow by ann']);
  });

  it('are compared with what is in force, beside it, in place of the same id, or instead of all of it', async () => {
    expect((await gateway.admin('POST', '/policies', { text: NO_SECRETS, replace: false })).status).toBe(201);
    expect(told(await replayed({ policies: NO_SECRETS }))).toEqual([]);
    const other = '@id("other") forbid (principal, action, resource == Tool::"one__write_0");';
    expect(told(await replayed({ policies: other }))).toEqual(['one__write_0: allow -> hidden by other']);
    expect(told(await replayed({ policies: other, instead: true })).toSorted()).toEqual([
      'one__echo: deny -> allow by role-writer',
      'one__write_0: allow -> hidden by other',
    ]);
    expect((await gateway.admin('DELETE', '/policies/no-secrets')).status).toBe(200);
  });

  it('are decided by a proposed configuration: its effects, grants, policies and the servers that it has not', async () => {
    expect(told(await replayed({ config: fileOf(EFFECTS) }))).toEqual([]);
    const stricter = await replayed({ config: fileOf('echo: read, read_0: read') });
    expect(told(stricter)).toEqual(['one__write_0: allow -> hidden by ']);
    const granting = `grants:\n  - { principal: ${principal}, tool: one__destructive_0 }\n`;
    expect(told(await replayed({ config: fileOf(EFFECTS, granting) }))).toEqual([
      expect.stringMatching(/^one__destructive_0: hidden -> allow by grant:file-/),
    ]);
    expect((await replayed({ config: '{}' })).changed).toBe(3);
    mkdirSync(join(gateway.folder, 'proposed'));
    writeFileSync(join(gateway.folder, 'proposed', 'team.cedar'), NO_SECRETS);
    const elsewhere = fileOf(EFFECTS).replace('policies: policies', 'policies: proposed');
    expect((await replayed({ config: elsewhere })).changes[0]?.would.policies).toEqual([
      { id: 'no-secrets', place: 'proposed/team.cedar:1' },
    ]);
  });

  it('are bounded, and go on where they ended', async () => {
    const first = await replayed({ policies: NO_SECRETS, limit: 2 });
    expect([first.replayed, first.changed]).toEqual([2, 0]);
    const rest = await replayed({ policies: NO_SECRETS, limit: 10, cursor: Number(first.next) });
    expect([rest.replayed, rest.changed, rest.next]).toEqual([2, 1, null]);
    expect((await replayed({ policies: NO_SECRETS, until: Date.now() - 3_600_000 })).replayed).toBe(0);
  });

  it.each<[string, JsonObject, string]>([
    ['nothing', {}, 'admin.request_invalid'],
    ['two proposals', { policies: NO_SECRETS, config: '{}' }, 'admin.request_invalid'],
    ['more calls than there may be', { policies: NO_SECRETS, limit: 10_001 }, 'admin.request_invalid'],
    ['a policy that cannot be read', { policies: '@id("a") permit (' }, 'policy.invalid'],
    [
      'an attribute that there is not',
      { policies: '@id("a") forbid (principal, action, resource) when { principal.departmnt == "x" };' },
      'policy.invalid',
    ],
    ['no policy at all', { policies: '// nothing' }, 'policy.invalid'],
    ['a configuration with a mistake', { config: 'listners: {}' }, 'config.invalid'],
    [
      'a secret written out',
      { config: 'servers: { a: { url: "https://a.example/mcp", headers: { Authorization: Bearer abcdefghijklmnop } } }' },
      'config.literal_secret',
    ],
  ])('are not decided by %s, which is refused by name', async (_name, body, reason) => {
    const answer = await gateway.admin('POST', '/reports/replay', body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body['error']).toMatchObject({ reason });
  });

  it('leave everything as it was, and that somebody asked on the record', async () => {
    const before = (await gateway.admin('GET', '/config/versions?limit=1')).body;
    await replayed({ policies: NO_SECRETS });
    expect((await gateway.admin('GET', '/config/versions?limit=1')).body).toEqual(before);
    expect((await gateway.admin('GET', '/policies')).body['items']).toEqual([]);
    const records = (await gateway.records('kind=administration')).filter(
      ({ record }) => (record as JsonObject)['action'] === 'policy.calls.replayed',
    );
    expect(JSON.stringify(records.at(-2))).toContain('no-secrets');
    expect(records.at(-1)).toMatchObject({ payload: { after: { replayed: 4, changed: 1 } } });
  });

  it('are one command, which ends with 1 where a call would be decided otherwise and 0 where none would', async () => {
    const file = join(gateway.folder, 'proposed.cedar');
    writeFileSync(file, NO_SECRETS);
    const changed = await cli('policy', 'replay', file, '--since', '1h');
    expect(changed.code).toBe(1);
    expect(changed.out).toMatch(
      /one__echo\n {2}- now {3}allow by role-writer\n {2}\+ then {2}deny by no-secrets \(line 1\)\n {4}sallyport log show /,
    );
    expect(changed.err).toContain('1 of 4 calls would be decided otherwise');
    expect(JSON.parse((await cli('policy', 'replay', file, '--json')).out)).toMatchObject({ replayed: 4, changed: 1 });
    const same = await cli('policy', 'replay', '--config', gateway.file);
    expect([same.code, same.out]).toEqual([0, 'All 4 calls would be decided as they are now.\n']);
    expect((await cli('policy', 'replay')).code).toBe(2);
    expect((await cli('policy', 'replay', file, '--since', 'yesterday-ish')).code).toBe(2);
  }, 90_000);

  it('are decided with the roles that the proposed file gives, not with those of the day or of the file in force', async () => {
    const { text, principal: bob } = await gateway.key('bob', ['reader']);
    await modern({ mcp: gateway.running.mcpUrl, key: text }, 'r', 'tools/call', { name: 'one__write_0', arguments: { text: 'r' } });
    const ofBob = async (body: JsonObject): Promise<readonly string[]> => {
      const report = (await gateway.admin('POST', '/reports/replay', body)).body as unknown as Report & {
        changes: readonly { principal: string }[];
      };
      return report.changes.filter((one) => one.principal === bob).map(({ now, would }) => `${now.outcome} -> ${would.outcome}`);
    };
    const withRole = fileOf(EFFECTS, `roles:\n  scribe: { effects: { one: write }, members: [${bob}] }\n`);
    expect(await ofBob({ config: withRole })).toEqual(['hidden -> allow']);
    gateway.write(withRole);
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect(await ofBob({ config: withRole })).toEqual([]);
    expect(await ofBob({ config: fileOf(EFFECTS) })).toEqual(['allow -> hidden']);
    // A proposed policy is judged beside the roles that are in force.
    expect(await ofBob({ policies: NO_SECRETS })).toEqual([]);
    gateway.write(fileOf(EFFECTS));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
  }, 60_000);
});
