import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, call, modern, session, type Told, textOf } from '../scenarios/wire.ts';

let gateway: TestGateway;
let folder: string;
const calls = (): readonly string[] =>
  readFileSync(join(folder, 'files.log'), { encoding: 'utf8', flag: 'a+' })
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [String((JSON.parse(line) as JsonObject)['name'])]));
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-own-'));
  gateway = await startTestGateway({ servers: [toolServer('files', { callLog: join(folder, 'files.log') }), toolServer('mail')] });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const add = (text: string, replace = false) => gateway.admin('POST', '/policies', { text, replace });
const put = async (text: string): Promise<void> => expect((await add(text)).status).toBe(201);
const drop = (id: string) => gateway.admin('DELETE', `/policies/${id}`);
const problem = (answer: { readonly body: JsonObject }): JsonObject => answer.body['error'] as JsonObject;
const code = (told: Told): unknown => (told.message?.['error'] as JsonObject | undefined)?.['code'];
let count = 0;
const key = (roles: readonly ('reader' | 'writer')[] = ['writer']) => gateway.key({ name: `caller ${count++}`, roles });
const listed = async (caller: Caller): Promise<readonly string[]> => {
  const told = await modern(caller, 1, 'tools/list');
  const result = (told.message?.['result'] ?? {}) as JsonObject;
  return (result['tools'] as readonly JsonObject[]).map(({ name }) => String(name));
};
const use = (caller: Caller, name: string, text: string): Promise<Told> => modern(caller, 1, 'tools/call', { name, arguments: { text } });

const FOLDERS = `@id("team-folders")
@message("write_0 may write only below reports/.")
@advice("Choose such a path or ask an administrator.")
forbid (principal, action == Action::"call", resource == Tool::"files__write_0")
unless { context.arguments has text && context.arguments.text like "reports/*" };`;

describe("an operator's own policy", () => {
  it('about arguments refuses those it says, in words of its author and with its name, and leaves the others', async () => {
    await put(FOLDERS);
    const { text } = await key();
    const caller = { mcp: gateway.mcp, key: text };
    const before = calls().length;
    expect(await listed(caller)).toContain('files__write_0');
    expect(textOf(await use(caller, 'files__write_0', 'reports/a'))).toBe('{"text":"reports/a"}');
    const refused = await use(caller, 'files__write_0', 'secret/a');
    expect(textOf(refused)).toMatch(
      /^Refused by policy "team-folders": write_0 may write only below reports\/\. Choose such a path or ask an administrator\. \(ref [0-9A-Z]{26}\)$/,
    );
    expect(refused.message).toMatchObject({ result: { isError: true } });
    expect(code(await call(await session(caller, '2025-06-18'), 1, 'files__write_0', { text: 'secret/a' }))).toBe(40300);
    for (const trick of [
      'reports/../secret',
      'reports/%2e%2e/secret',
      'reports\\..\\secret',
      'reports//a',
      'ｒeports/a',
      './reports/a',
      'reports/a\u200b',
    ])
      expect(textOf(await use(caller, 'files__write_0', trick))).toContain('cannot be compared as it is written: text: ');
    expect(calls().slice(before)).toEqual(['write_0']);
    await drop('team-folders');
    expect(textOf(await use(caller, 'files__write_0', 'secret/a'))).toBe('{"text":"secret/a"}');
  });

  it('stands in the record of what it decided, with its place and what it compared', async () => {
    await put(FOLDERS);
    const { text, principal } = await key();
    const caller = { mcp: gateway.mcp, key: text };
    await use(caller, 'files__write_0', 'secret/a');
    await use(caller, 'files__write_0', 'reports/a');
    const of = (kind: string) => gateway.records(`kind=${kind}&principal=${principal}`);
    const [refusal] = await of('refusal');
    expect(refusal).toMatchObject({
      record: { reason: 'policy.arguments_denied', decision: { effect: 'deny', policies: ['team-folders'] } },
      payload: { decidedBy: ['team-folders (line 1)'], inputs: { arguments: { compared: { text: 'secret/a' } } } },
    });
    const [intent] = await of('intent');
    expect(intent).toMatchObject({
      record: { decision: { effect: 'allow', policies: ['role-writer'] } },
      payload: { inputs: { arguments: { compared: { text: 'reports/a' } } } },
    });
    await drop('team-folders');
  });

  it('that permits for some arguments shows the tool to whom it names, to nobody else, and permits those', async () => {
    const [one, other] = [await key(['reader']), await key(['reader'])];
    const [ann, bob] = [one, other].map(({ text }): Caller => ({ mcp: gateway.mcp, key: text }));
    if (ann === undefined || bob === undefined) throw new Error('no callers');
    const text = `@id("ann-writes") @message("Only notes.")
permit (principal == Principal::"${one.principal}", action == Action::"call", resource == Tool::"files__destructive_0")
when { context.arguments has text && ["a", "b"].contains(context.arguments.text) };`;
    expect(await listed(ann)).not.toContain('files__destructive_0');
    await put(text);
    expect([(await listed(ann)).includes('files__destructive_0'), (await listed(bob)).includes('files__destructive_0')]).toEqual([
      true,
      false,
    ]);
    expect(textOf(await use(ann, 'files__destructive_0', 'a'))).toBe('{"text":"a"}');
    expect(textOf(await use(ann, 'files__destructive_0', 'c'))).toContain('Refused by policy "ann-writes": Only notes.');
    expect(code(await use(bob, 'files__destructive_0', 'a'))).toBe(-32602);
    await drop('ann-writes');
    expect(code(await use(ann, 'files__destructive_0', 'a'))).toBe(-32602);
  });

  it('that forbids whatever the arguments takes the tool out of lists too: it answers like one that does not exist', async () => {
    const { text } = await key();
    const caller = { mcp: gateway.mcp, key: text };
    await put('@id("no-mail") @message("not told") forbid (principal, action, resource in Server::"mail");');
    expect((await listed(caller)).filter((name) => name.startsWith('mail'))).toEqual([]);
    expect(textOf(await use(caller, 'mail__read_0', 'x'))).toMatch(/^Unknown tool: mail__read_0 \(ref/);
    await drop('no-mail');
    expect(await listed(caller)).toContain('mail__read_0');
  });

  it('wins over any that permits', async () => {
    const { text } = await key();
    const caller = { mcp: gateway.mcp, key: text };
    await put(`@id("all") permit (principal, action, resource is Tool);
@id("none") forbid (principal, action, resource is Tool) when { context.arguments has text && context.arguments.text == "no" };`);
    expect(textOf(await use(caller, 'files__destructive_0', 'yes'))).toBe('{"text":"yes"}');
    expect(textOf(await use(caller, 'files__destructive_0', 'no'))).toMatch(
      /^Refused by policy: no policy permits these arguments\. \(ref/,
    );
    await Promise.all([drop('all'), drop('none')]);
  });

  it('is refused whole for one mistake, which is named with its place; what was there stays', async () => {
    const before = await gateway.admin('GET', '/policies');
    const answer = await add(`@id("good") permit (principal, action, resource);
@id("bad") permit (principal, action, resource) when { principal.departmnt == "x" };
@id("worse") permit (principal, action == Action::"call", resource == Tool::"files__write_0")
when { context.arguments.pth like "a/*" };
@id("typed") permit (principal, action == Action::"call", resource == Tool::"files__write_0") when { context.arguments has text && context.arguments.text > 3 };`);
    expect([answer.status, problem(answer)['reason']]).toEqual([400, 'policy.invalid']);
    expect(problem(answer)['fields']).toEqual([
      { path: '2:56 bad', message: 'departmnt: no such attribute on Principal; it has purpose, tenant' },
      { path: '4:8 worse', message: 'pth: no such argument of files__write_0; it has text, n' },
      { path: '5:132 typed', message: expect.stringContaining('expected Long but saw String') },
    ]);
    expect((await gateway.admin('GET', '/policies')).body).toEqual(before.body);
  });

  it('is added once, replaced by word, shown with its text, and gone after removal', async () => {
    const text = '@id("once") forbid (principal, action, resource in Server::"gone");';
    const added = await add(text);
    expect(added.body['items']).toMatchObject([
      {
        id: 'once',
        effect: 'forbid',
        text,
        file: null,
        line: 1,
        problems: ['it names gone, and there is no approved server of that name'],
      },
    ]);
    expect([(await add(text)).status, problem(await add(text))['reason']]).toEqual([409, 'policy.id_taken']);
    const other = '@id("once") forbid (principal, action, resource in Server::"mail");';
    expect((await add(other, true)).status).toBe(201);
    expect((await gateway.admin('GET', '/policies/once')).body).toMatchObject({ text: other, problems: [] });
    expect((await drop('once')).status).toBe(200);
    expect([(await drop('once')).status, problem(await drop('once'))['reason']]).toEqual([404, 'policy.unknown']);
    expect((await gateway.admin('GET', '/policies/once')).status).toBe(404);
  });

  it('is recorded with what was there before and what is there after', async () => {
    await put('@id("traced") permit (principal, action, resource in Server::"mail");');
    await drop('traced');
    const traced = (await gateway.records('kind=administration')).filter(({ record }) => (record as JsonObject)['object'] === 'traced');
    expect(
      traced.map(({ record, payload }) => [
        (record as JsonObject)['action'],
        (payload as JsonObject)['before'],
        (payload as JsonObject)['after'],
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['policy.policies.added', [], [{ id: 'traced', text: expect.stringContaining('permit') }]],
        ['policy.policy.removed', { id: 'traced', text: expect.stringContaining('permit') }, null],
      ]),
    );
  });
});
