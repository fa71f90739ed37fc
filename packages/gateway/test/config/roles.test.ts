import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFile } from '../../src/config/file/load.ts';
import { tellMistake } from '../../src/config/mistake.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern, textOf } from '../scenarios/wire.ts';
import { ask, type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

const mistakesIn = (text: string): readonly string[] => {
  const loaded = loadFile({ name: 'f.yaml', bytes: Buffer.from(text), now: Date.parse('2026-11-21') });
  return loaded.ok ? [] : loaded.mistakes.map(tellMistake);
};

describe('roles and rules of a file', () => {
  it.each([
    [
      'roles: { writer: { effects: { a: read } } }',
      'f.yaml:1:10 roles.writer: expected another name: the role writer ships, and a key has it',
    ],
    ['roles: { service: { tools: [a__b] } }', 'roles.service: expected another name'],
    ['roles: { My_Role: { effects: { a: read } } }', 'roles.My_Role: expected lower case words joined by hyphens'],
    ['roles: { analyst: {} }', 'roles.analyst: expected effects or tools: without any it permits nothing'],
    [
      'roles:\n  analyst:\n    effects: { warehouse: destructive }',
      'f.yaml:3:27 roles.analyst.effects.warehouse: expected read or write; a destructive tool is named in tools, got "destructive"',
    ],
    ['roles: { analyst: { effects: { Ware_House: read } } }', 'roles.analyst.effects.Ware_House: expected the id of a server, or *'],
    ['roles: { analyst: { effects: { a: read }, membres: [x] } }', 'roles.analyst.membres: unknown key; did you mean members?'],
    ['roles: { analyst: { tools: [drop_all] } }', 'f.yaml:1:29 roles.analyst.tools.0: expected SERVER__TOOL, got "drop_all"'],
    ["roles: { analyst: { tools: ['a__*', a__b, a__b] } }", 'roles.analyst.tools.2: expected each tool once'],
    ['roles: { analyst: { tools: [a__b], members: [x, y, x] } }', 'roles.analyst.members.2: expected each member once'],
    [
      "roles: { analyst: { tools: [{ tool: a__b, rules: [{ argument: path, below: 'a/../b' }] }] } }",
      'f.yaml:1:50 roles.analyst.tools.0.rules: expected path: ',
    ],
    ['roles: { analyst: { tools: [{ tool: a__b, rules: [{ argument: p, oneof: [x] }] }] } }', 'expected SERVER__TOOL, or {tool, rules}'],
    ['grants: [{ principal: p, tool: a__b, rules: [] }]', 'grants.0.rules: expected 1 to 10 rules'],
    ['grants: [{ principal: p, tool: a__b, rules: [{ argument: t, one_of: [] }] }]', 'grants.0.rules: expected t: 1 to 50 texts'],
    [
      'grants: [{ principal: p, tool: a__b, rules: [{ argument: t }] }]',
      'grants.0.rules.0: expected a rule: {argument, below} or {argument, one_of}',
    ],
  ])('%s is a mistake', (text, told) => {
    const found = mistakesIn(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(told);
  });

  it('every mistake of several roles is told at once', () => {
    expect(mistakesIn('roles:\n  admin: { effects: { a: read } }\n  b: {}\n  C: { tools: [a__b] }\n')).toHaveLength(3);
  });
});

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
const SERVERS = `servers:\n${SERVER('one')}${SERVER('two')}`;

describe('a role of the file', () => {
  const start = async (text: string): Promise<FileGateway> => {
    gateway = await startFromFile(text);
    return gateway;
  };
  const caller = async (name: string, roles: readonly string[]) => {
    const made = await gateway?.admin('POST', '/keys', {
      name,
      roles,
      scopes: [{ server: '*', tool: '*' }],
      ...(roles.includes('service') ? { owner: 'team', expiresInDays: 5 } : {}),
    });
    return { mcp: gateway?.running.mcpUrl ?? '', key: String(made?.body['secret']), principal: String(made?.body['principal']) };
  };
  type Caller = Awaited<ReturnType<typeof caller>>;
  const use = async (who: Caller, name: string, text = 'x'): Promise<boolean> =>
    textOf(await modern(who, 1, 'tools/call', { name, arguments: { text } })) === JSON.stringify({ text });
  const listed = async (who: Caller): Promise<readonly string[]> => {
    const { result } = (await modern(who, 1, 'tools/list', {})).message as { readonly result: { readonly tools: readonly JsonObject[] } };
    return result.tools.map(({ name }) => String(name)).filter((name) => /echo|write_[01]/.test(name));
  };
  const reload = async (text: string) => {
    gateway?.write(text);
    expect((await gateway?.admin('POST', '/config/reload'))?.status).toBe(200);
  };

  it('permits its members what it names and nobody else anything, by effect and by name, until they are taken out', async () => {
    await start(SERVERS);
    const [member, other] = [await caller('member', ['monitor']), await caller('other', ['monitor'])];
    const file = (members: string): string => `${SERVERS}roles:
  analyst:
    about: reads one, writes two
    members: [${members}]
    effects: { one: read, two: write }
    tools: [{ tool: two__write_1, rules: [{ argument: text, below: reports }] }]
`;
    expect(await listed(member)).toEqual([]);
    await reload(file(member.principal));
    expect(await listed(member)).toEqual(['one__echo', 'two__echo', 'two__write_0', 'two__write_1']);
    expect(await listed(other)).toEqual([]);
    expect([await use(member, 'one__echo'), await use(member, 'one__write_0'), await use(member, 'two__write_0')]).toEqual([
      true,
      false,
      true,
    ]);
    // Destructive only where it is named, and with the arguments that the rule permits.
    expect([await use(member, 'one__write_1', 'reports/a'), await use(member, 'two__write_1', 'reports/a')]).toEqual([false, true]);
    expect(await use(member, 'two__write_1', 'elsewhere')).toBe(false);
    expect(await use(other, 'one__echo')).toBe(false);
    expect((await gateway?.admin('GET', '/policies'))?.body['items']).toMatchObject([
      { id: 'role-analyst', file: 'sallyport.yaml', line: 11 },
    ]);
    expect((await gateway?.admin('GET', '/grants'))?.body['items']).toMatchObject([
      { principal: member.principal, tool: 'two__write_1', by: 'sallyport.yaml:15', rules: [{ argument: 'text', below: 'reports' }] },
    ]);
    const explained = await gateway?.admin('GET', `/reports/decision?principal=${member.principal}&tool=one__echo`);
    expect(JSON.stringify(explained?.body)).toContain('role-analyst');
    await reload(file(''));
    expect(await listed(member)).toEqual([]);
    expect([await use(member, 'one__echo'), await use(member, 'two__write_1', 'reports/a')]).toEqual([false, false]);
  }, 90_000);

  it('gives a service account only what it names in tools, and administration to nobody', async () => {
    await start(SERVERS);
    const robot = await caller('robot', ['service']);
    await reload(`${SERVERS}roles:
  robots:
    members: [${robot.principal}]
    effects: { '*': write }
    tools: [one__write_1]
`);
    expect(await listed(robot)).toEqual(['one__write_1']);
    expect([await use(robot, 'one__write_1'), await use(robot, 'one__echo')]).toEqual([true, false]);
    const asked = await ask({ url: gateway?.running.adminUrl ?? '' }, { method: 'GET', path: '/api/v1/keys', key: robot.key });
    expect(asked.status).toBe(403);
  }, 90_000);

  it('and a policy cannot have one id: the file that would give it twice does not start', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies', 'a.cedar'), '@id("role-analyst") permit (principal, action, resource);', { mode: 0o600 });
    await expect(startFromFile('roles: { analyst: { effects: { one: read } } }\npolicies: policies\n', { folder })).rejects.toThrow(
      'policies/a.cedar:1:1 role-analyst: a role of the file has this id',
    );
  }, 60_000);
});
