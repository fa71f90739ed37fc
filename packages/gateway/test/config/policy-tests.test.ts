import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

let gateway: FileGateway | null = null;
afterEach(async () => {
  await gateway?.end();
  gateway = null;
});

const SERVER = (id: string): string => `  ${id}:
    command: ${process.execPath}
    args: [${join(FIXTURES, 'tool-server-stdio.ts')}]
    effects: { echo: read, write_0: write, write_1: destructive }
`;
const FILE = `servers:
${SERVER('one')}roles:
  analyst: { effects: { one: read }, tools: [{ tool: one__write_1, rules: [{ argument: text, below: reports }] }] }
policies: policies
policy_tests: tests
`;
const forbid = (tool: string): string => `@id("closed")\nforbid (principal, action, resource == Tool::"${tool}");\n`;
const TABLE = `# who may do what
principals:
  ann: { roles: [reader] }
  ana: { roles: [analyst] }
  bob: { roles: [writer], scopes: [{ server: one, tool: write_0 }] }
cases:
  - { principal: ann, tool: one__echo, expect: allow, by: role-reader }
  - { principal: ann, tool: one__write_0, expect: hidden }
  - { principal: ana, tool: one__echo, expect: allow, by: role-analyst }
  - { principal: ana, tool: one__write_1, arguments: { text: reports/a }, expect: allow }
  - { principal: ana, tool: one__write_1, arguments: { text: other }, expect: deny }
  - { principal: bob, tool: one__write_0, expect: allow }
  - { principal: bob, tool: one__echo, expect: hidden }
`;

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = newFolder();
  for (const name of ['policies', 'tests']) mkdirSync(join(folder, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return folder;
};
const start = async (files: Readonly<Record<string, string>>, text = FILE): Promise<FileGateway> => {
  gateway = await startFromFile(text, { folder: folderWith(files) });
  return gateway;
};
const refused = async (files: Readonly<Record<string, string>>, text = FILE): Promise<string> => {
  const folder = folderWith(files);
  try {
    gateway = await startFromFile(text, { folder });
    return 'it started';
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return String(error);
  }
};
async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`it did not happen in time: ${JSON.stringify(gateway?.running.status().config)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('tables of cases that a configuration names', () => {
  it('are decided as a gateway would: roles of the file, rules, scopes; one that fails is told with its line, and nothing starts', async () => {
    const wrong = TABLE.replace('tool: one__write_0, expect: hidden', 'tool: one__write_0, expect: allow').replace(
      'by: role-analyst',
      'by: role-reader',
    );
    const told = await refused({ 'tests/team.yaml': wrong });
    expect(told).toContain('tests/team.yaml:8:5 cases.1: ann on one__write_0: expected allow, and it would be hidden');
    expect(told).toContain(
      'tests/team.yaml:9:5 cases.2: ana on one__echo: expected allow by role-reader, and it would be allow by role-analyst',
    );
    await start({ 'tests/team.yaml': TABLE });
    expect(gateway?.running.status().config.problem).toBeNull();
  }, 90_000);

  it('block a changed policy and a changed role, which change nothing; either the policy or the table mends it', async () => {
    const running = await start({ 'tests/team.yaml': TABLE });
    const before = running.running.status().config;
    const policy = join(running.folder, 'policies', 'a.cedar');
    writeFileSync(policy, forbid('one__echo'), { mode: 0o600 });
    await until(() => (running.running.status().config.problem ?? '').includes('tests/team.yaml:7:5 cases.0: ann on one__echo'));
    expect(running.running.status().config).toMatchObject({ version: before.version, hash: before.hash });
    expect((await running.admin('GET', '/policies')).body['items']).toHaveLength(1);
    const refusals = (await running.records()).filter((record) => JSON.stringify(record).includes('"config.reload.refused"'));
    expect(JSON.stringify(refusals)).toContain('it would be hidden by closed');
    // What the table asks for now is what the policy does.
    const table = join(running.folder, 'tests', 'team.yaml');
    writeFileSync(table, TABLE.replaceAll(/one__echo, expect: allow, by: role-\w+/g, 'one__echo, expect: hidden'));
    await until(() => running.running.status().config.problem === null);
    expect(running.running.status().config.version).toBe(before.version + 1);
    // Tables are part of a version, and come back with it.
    const reverted = await running.admin('POST', '/config/revert', { version: String(before.version) });
    expect(reverted.status).toBe(200);
    expect(readFileSync(table, 'utf8')).toBe(TABLE);
    running.write(FILE.replace('one: read', 'one: write'));
    expect((await running.admin('POST', '/config/reload')).status).toBe(200);
    running.write(FILE.replace('effects: { one: read }, ', ''));
    const gone = await running.admin('POST', '/config/reload');
    expect([gone.status, JSON.stringify(gone.body)]).toEqual([409, expect.stringContaining('ana on one__echo: expected allow')]);
  }, 90_000);

  it('block what the API would give, which is taken out again; what is taken away never waits for a test', async () => {
    const running = await start({ 'tests/team.yaml': TABLE.replace('one__write_0, expect: hidden', 'one__write_1, expect: hidden') });
    const { version } = running.running.status().config;
    const added = await running.admin('POST', '/policies', { text: '@id("open") permit (principal, action, resource);', replace: false });
    expect(added.status).toBe(409);
    expect(added.body['error']).toMatchObject({
      reason: 'policy.tests_failed',
      message: expect.stringContaining('tests/team.yaml:8:5 cases.1: ann on one__write_1: expected hidden, and it would be allow by open'),
    });
    const granted = await running.admin('POST', '/grants', { principal: 'ann', tool: 'one__write_1' });
    expect([granted.status, (granted.body['error'] as JsonObject)['reason']]).toEqual([409, 'policy.tests_failed']);
    expect((await running.admin('GET', '/policies')).body['items']).toMatchObject([{ id: 'role-analyst' }]);
    expect(JSON.stringify((await running.admin('GET', '/grants')).body)).not.toContain('"ann"');
    expect(running.running.status().config.version).toBe(version);
    const other = await running.admin('POST', '/grants', { principal: 'someone', tool: 'one__write_1' });
    expect(other.status).toBe(201);
    running.write(FILE);
    const table = '\nprincipals: { someone: { roles: [monitor] } }\ncases: [{ principal: someone, tool: one__write_1, expect: allow }]\n';
    writeFileSync(join(running.folder, 'tests', 'more.yaml'), table, { mode: 0o600 });
    expect((await running.admin('POST', '/config/reload')).status).toBe(200);
    expect((await running.admin('DELETE', `/grants/${String(other.body['id'])}`)).status).toBe(200);
  }, 90_000);

  it('do not keep a gateway from starting while a server is away, as far as they are about it', async () => {
    const text = FILE.replace('roles:', '  dead: { command: /nowhere/at-all }\nroles:');
    const away = `${TABLE}  - { principal: ann, tool: dead__tool, expect: allow }\n`;
    await start({ 'tests/team.yaml': away }, text);
    expect(gateway?.running.status().servers.find(({ id }) => id === 'dead')?.state).toBe('failed');
    await gateway?.end();
    expect(
      await refused({ 'tests/team.yaml': away.replace('tool: one__echo, expect: hidden', 'tool: one__echo, expect: allow') }, text),
    ).toContain('cases.6: bob on one__echo');
  }, 90_000);

  it.each([
    [
      'no folder',
      FILE.replace('policy_tests: tests', 'policy_tests: nowhere'),
      TABLE,
      'sallyport.yaml:9:1 policy_tests: expected a folder that can be read',
    ],
    ['a misspelt key', FILE, TABLE.replace('cases:', 'casses:'), 'tests/team.yaml:6:1 casses: unknown key; did you mean cases?'],
    [
      'a result that is none',
      FILE,
      TABLE.replace('hidden', 'hiden'),
      'tests/team.yaml:8:51 cases.1.expect: expected allow, deny or hidden',
    ],
    ['what is no YAML', FILE, 'cases: [', 'tests/team.yaml:'],
    [
      'more cases than can be decided while calls wait',
      FILE,
      TABLE + '  - { principal: ann, tool: one__echo, expect: allow }\n'.repeat(2000),
      'policy_tests: expected at most 2000 cases in all tables',
    ],
    [
      'a rule that leads out',
      FILE,
      `${TABLE}grants: [{ principal: ann, tool: one__echo, rules: [{ argument: a, below: ../x }] }]\n`,
      'a grant: a: ',
    ],
  ])(
    'with %s are refused',
    async (_, text, table, told) => expect(await refused({ 'tests/team.yaml': table }, text)).toContain(told),
    60_000,
  );
});
