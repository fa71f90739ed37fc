import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern, textOf } from '../scenarios/wire.ts';
import { type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

let gateway: FileGateway | null = null;
afterEach(async () => {
  await gateway?.end();
  gateway = null;
});

const FILE = `servers:
  tools:
    command: ${process.execPath}
    args: [${join(FIXTURES, 'tool-server-stdio.ts')}]
    effects: { echo: read, read_0: read, write_0: write }
policies: policies
`;
const ONLY_REPORTS = `// who may write where
@id("team-folders")
@message("write_0 may write only below reports/.")
forbid (principal, action == Action::"call", resource == Tool::"tools__write_0")
unless { context.arguments has text && context.arguments.text like "reports/*" };
`;

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = newFolder();
  mkdirSync(join(folder, 'policies'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'policies', name), text, { mode: 0o600 });
  return folder;
};
const refused = async (folder: string, text = FILE): Promise<string> => {
  try {
    gateway = await startFromFile(text, { folder });
    return 'it started';
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return String(error);
  }
};

describe('folders of policies that a file names', () => {
  it('hold from the start, name their file in records, and are changed nowhere else', async () => {
    gateway = await startFromFile(FILE, { folder: folderWith({ 'team.cedar': ONLY_REPORTS, 'notes.txt': 'no policy' }) });
    const caller = { mcp: gateway.running.mcpUrl, key: (await gateway.key('one', ['writer'])).text };
    const use = async (text: string) => textOf(await modern(caller, 1, 'tools/call', { name: 'tools__write_0', arguments: { text } }));
    expect(await use('reports/a')).toBe('{"text":"reports/a"}');
    expect(await use('secret/a')).toContain('Refused by policy "team-folders": write_0 may write only below reports/.');
    const [record] = await gateway.records('reason=policy.arguments_denied');
    expect(record).toMatchObject({ payload: { decidedBy: ['team-folders (policies/team.cedar:2)'] } });
    expect((await gateway.admin('GET', '/policies')).body).toMatchObject({
      items: [{ id: 'team-folders', file: 'policies/team.cedar', line: 2, by: null }],
    });
    const removed = await gateway.admin('DELETE', '/policies/team-folders');
    expect([removed.status, (removed.body['error'] as JsonObject)['message']]).toEqual([
      409,
      expect.stringContaining('policies/team.cedar:2'),
    ]);
    const added = await gateway.admin('POST', '/policies', {
      text: '@id("team-folders") permit (principal, action, resource);',
      replace: true,
    });
    expect([added.status, (added.body['error'] as JsonObject)['reason']]).toEqual([409, 'policy.owned_by_file']);
  }, 60_000);

  it.each([
    [
      'a misspelt attribute',
      { 'team.cedar': '@id("a")\npermit (principal, action, resource)\nwhen { principal.departmnt == "x" };' },
      'policies/team.cedar:3:8 a: departmnt: no such attribute on Principal; it has purpose, tenant',
    ],
    [
      'one id in two files',
      { 'a.cedar': '@id("a") permit (principal, action, resource);', 'b.cedar': '\n@id("a") permit (principal, action, resource);' },
      'policies/b.cedar:2:1 a: another policy has this id',
    ],
    ['what is not Cedar', { 'a.cedar': 'allow everybody' }, 'policies/a.cedar:1:7 policy: unexpected token'],
    ['no folder', null, 'sallyport.yaml:6:1 policies: expected a folder that can be read (ENOENT)'],
  ])(
    'with %s, nothing starts, and it is said where',
    async (_, files, expected) => {
      expect(await refused(files === null ? newFolder() : folderWith(files as unknown as Readonly<Record<string, string>>))).toContain(
        expected,
      );
    },
    60_000,
  );

  it('that others may write to, or that hold no text, are refused', async () => {
    const open = folderWith({ 'a.cedar': ONLY_REPORTS });
    chmodSync(join(open, 'policies', 'a.cedar'), 0o666);
    expect(await refused(open)).toContain('files that nobody else may write: a.cedar');
    const binary = folderWith({});
    writeFileSync(join(binary, 'policies', 'a.cedar'), Buffer.from([0xff, 0xfe]));
    expect(await refused(binary)).toContain('files in UTF-8: a.cedar');
  }, 60_000);
});
