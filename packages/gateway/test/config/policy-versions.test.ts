import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern, textOf } from '../scenarios/wire.ts';
import { type FileGateway, inDatabase, newFolder, startFromFile } from './file-gateway.ts';

let gateway: FileGateway;
afterEach(async () => {
  await gateway?.end();
});

const FILE = `servers:
  tools:
    command: ${process.execPath}
    args: [${join(FIXTURES, 'tool-server-stdio.ts')}]
    effects: { echo: read, slow: read, write_0: write }
policies: policies
`;
const only = (prefix: string): string => `// where write_0 may write
@id("team-folders")
forbid (principal, action == Action::"call", resource == Tool::"tools__write_0")
unless { context.arguments has text && context.arguments.text like "${prefix}/*" };
`;
const forbid = (id: string): string => `@id("${id}")\nforbid (principal, action, resource == Tool::"tools__echo");\n`;

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = newFolder();
  mkdirSync(join(folder, 'policies'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'policies', name), text, { mode: 0o600 });
  return folder;
};
const cedar = (name: string): string => join(gateway.folder, 'policies', name);
const config = () => gateway.running.status().config;
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not happen in time: ${JSON.stringify(config())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
type Caller = { readonly mcp: string; readonly key: string };
const caller = async (): Promise<Caller> => ({ mcp: gateway.running.mcpUrl, key: (await gateway.key('one', ['writer'])).text });
const use = async (who: Caller, tool: string, args: JsonObject) =>
  modern(who, 1, 'tools/call', { name: `tools__${tool}`, arguments: args });
const may = async (who: Caller, text: string): Promise<boolean> => textOf(await use(who, 'write_0', { text })) === JSON.stringify({ text });
const shown = async (version: number): Promise<JsonObject> => (await gateway.admin('GET', `/config/versions/${version}`)).body;
const changedIn = async (version: number): Promise<readonly unknown[]> =>
  ((await shown(version))['changes'] as readonly JsonObject[]).map(({ key }) => key);

describe('a policy of the file', () => {
  it('that is changed is in force by itself, drops no call, and is a version with author and difference', async () => {
    gateway = await startFromFile(FILE, { folder: folderWith({ 'team.cedar': only('reports') }) });
    const who = await caller();
    expect([await may(who, 'reports/a'), await may(who, 'drafts/a')]).toEqual([true, false]);
    const slow = use(who, 'slow', { n: 2000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    writeFileSync(cedar('team.cedar'), only('drafts'));
    await until(() => may(who, 'drafts/a'));
    expect(await may(who, 'reports/a')).toBe(false);
    expect(textOf(await slow)).toBe('slow');
    const newest = await shown(config().version);
    expect(newest).toMatchObject({
      author: 'file',
      cause: 'config.file.changed',
      changes: [{ key: 'file.beside.policies/team.cedar', before: only('reports'), after: only('drafts') }],
    });
    // One more beside it counts as one that was changed does.
    writeFileSync(cedar('more.cedar'), forbid('no-echo'), { mode: 0o600 });
    await until(async () => (await changedIn(config().version)).includes('file.beside.policies/more.cedar'));
    expect(textOf(await use(who, 'echo', { text: 'x' }))).not.toBe('{"text":"x"}');
  }, 60_000);

  it('that is wrong changes nothing, says where, and is in force once it alone is mended', async () => {
    gateway = await startFromFile(FILE, { folder: folderWith({ 'team.cedar': only('reports') }) });
    const who = await caller();
    const before = config();
    writeFileSync(cedar('team.cedar'), only('drafts').replace('team-folders")', 'team-folders"'));
    await until(() => (config().problem ?? '').includes('policies/team.cedar:'));
    expect([await may(who, 'reports/a'), config().hash]).toEqual([true, before.hash]);
    // The folder of a file that is not in force is looked at too.
    mkdirSync(join(gateway.folder, 'others'));
    writeFileSync(join(gateway.folder, 'others', 'a.cedar'), 'nonsense', { mode: 0o600 });
    gateway.write(FILE.replace('policies: policies', 'policies: others'));
    await until(() => (config().problem ?? '').includes('others/a.cedar:1:'));
    writeFileSync(join(gateway.folder, 'others', 'a.cedar'), only('drafts'), { mode: 0o600 });
    await until(() => config().problem === null);
    expect([await may(who, 'reports/a'), await may(who, 'drafts/a')]).toEqual([false, true]);
  }, 60_000);

  it('is bounded: a folder of more than a megabyte is refused', async () => {
    const padded = (id: string): string => `${forbid(id)}${'// padding\n'.repeat(40_000)}`;
    const folder = folderWith({ 'a.cedar': padded('a'), 'b.cedar': padded('b'), 'c.cedar': padded('c') });
    await expect(startFromFile(FILE, { folder })).rejects.toThrow('policies: expected at most 1048576 bytes in all of its files');
    rmSync(folder, { recursive: true });
  }, 60_000);
});

describe('a policy that is stored', () => {
  it('is part of each version: who, what, and what it was before', async () => {
    gateway = await startFromFile('');
    expect((await gateway.admin('POST', '/policies', { text: forbid('no-echo'), replace: false })).status).toBe(201);
    const added = await shown(config().version);
    expect(added).toMatchObject({ cause: 'policy.policies.added', changes: [{ key: 'stored.policies.no-echo', before: null }] });
    expect(added['author']).toMatch(/^prn_/);
    expect((await gateway.admin('DELETE', '/policies/no-echo')).status).toBe(200);
    expect(await shown(config().version)).toMatchObject({
      cause: 'policy.policy.removed',
      changes: [{ key: 'stored.policies.no-echo', after: null }],
    });
  }, 60_000);

  it('that somebody changes in the database is noticed at the next start, and nothing starts [R2-060]', async () => {
    const folder = newFolder();
    gateway = await startFromFile('', { folder });
    expect((await gateway.admin('POST', '/policies', { text: forbid('no-echo'), replace: false })).status).toBe(201);
    await gateway.stop();
    await inDatabase(folder, `update policy_own set text = replace(text, 'forbid', 'permit')`);
    await expect(startFromFile('', { folder })).rejects.toThrow(/config\.changed_outside.*policies\.no-echo/);
    await inDatabase(folder, `update policy_own set text = replace(text, 'permit', 'forbid')`);
    gateway = await startFromFile('', { folder });
  }, 60_000);
});

describe('a version with policies', () => {
  it('is had again byte for byte: files, stored policies and the rules of grants, as one [R2-085]', async () => {
    gateway = await startFromFile(FILE, { folder: folderWith({ 'team.cedar': only('reports'), 'gone.cedar': forbid('no-echo') }) });
    const rules = [{ argument: 'text', below: 'reports' }];
    expect((await gateway.admin('POST', '/policies', { text: forbid('stored'), replace: false })).status).toBe(201);
    expect((await gateway.admin('POST', '/grants', { principal: 'someone', tool: 'tools__read_1', rules })).status).toBe(201);
    const wanted = config().version;
    const before = JSON.stringify((await shown(wanted))['content']);
    // A change of every kind.
    writeFileSync(cedar('team.cedar'), only('drafts'));
    rmSync(cedar('gone.cedar'));
    writeFileSync(cedar('new.cedar'), forbid('no-echo-either'), { mode: 0o600 });
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect((await gateway.admin('POST', '/policies', { text: forbid('stored').replace('echo', 'slow'), replace: true })).status).toBe(201);
    const [grant] = (await gateway.admin('GET', '/grants')).body['items'] as readonly JsonObject[];
    expect((await gateway.admin('DELETE', `/grants/${String(grant?.['id'])}`)).status).toBe(200);
    expect((await gateway.admin('POST', '/grants', { principal: 'someone', tool: 'tools__read_1' })).status).toBe(201);
    const last = config().version;
    const reverted = await gateway.admin('POST', '/config/revert', { version: String(wanted) });
    expect(reverted.status).toBe(200);
    expect(JSON.stringify((await shown(config().version))['content'])).toBe(before);
    expect(readFileSync(cedar('team.cedar'), 'utf8')).toBe(only('reports'));
    expect(readFileSync(cedar('gone.cedar'), 'utf8')).toBe(forbid('no-echo'));
    expect(existsSync(cedar('new.cedar'))).toBe(false);
    expect((await gateway.admin('GET', '/grants')).body['items']).toMatchObject([{ principal: 'someone', rules }]);
    const who = await caller();
    expect([await may(who, 'reports/a'), await may(who, 'drafts/a')]).toEqual([true, false]);
    // One step, and what was between is still there to go back to.
    expect(config().version).toBe(last + 1);
    expect((await gateway.admin('POST', '/config/revert', { version: String(last) })).status).toBe(200);
    expect(readFileSync(cedar('new.cedar'), 'utf8')).toBe(forbid('no-echo-either'));
    expect((await gateway.admin('GET', '/config/verify')).body).toEqual({ versions: last + 2 });
  }, 90_000);

  it('is refused as a whole where one of its files cannot be written: all stay as they are', async () => {
    gateway = await startFromFile(FILE, { folder: folderWith({ 'a.cedar': forbid('a'), 'b.cedar': only('reports') }) });
    const wanted = config().version;
    writeFileSync(cedar('a.cedar'), forbid('other'));
    writeFileSync(join(gateway.folder, 'elsewhere.cedar'), only('drafts'), { mode: 0o600 });
    rmSync(cedar('b.cedar'));
    symlinkSync(join(gateway.folder, 'elsewhere.cedar'), cedar('b.cedar'));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    const before = config();
    const refused = await gateway.admin('POST', '/config/revert', { version: String(wanted) });
    expect(refused.body['error']).toMatchObject({ reason: 'config.not_revertible', message: expect.stringContaining('b.cedar is a link') });
    expect(readFileSync(cedar('a.cedar'), 'utf8')).toBe(forbid('other'));
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(config()).toEqual(before);
  }, 60_000);
});
