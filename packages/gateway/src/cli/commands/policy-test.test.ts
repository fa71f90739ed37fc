import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandError } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { testPolicies } from './policy-test.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-table-'));
  mkdirSync(join(folder, 'policies'));
  writeFileSync(join(folder, 'policies', 'a.cedar'), '@id("no-mail") forbid (principal, action, resource in Server::"mail");');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WORLD = `policies: policies
tools:
  files__read: { effect: read }
  mail__read: { effect: read }
principals:
  ann: { roles: [reader] }
`;
const run = (text: string): { readonly printed: readonly string[]; readonly error: CommandError | null } => {
  const file = join(folder, 'table.yaml');
  writeFileSync(file, text);
  const printed: string[] = [];
  const terminal = {
    screen: { width: null, color: false },
    json: false,
    print: (line: string) => void printed.push(line),
  } as unknown as Terminal;
  try {
    testPolicies(terminal, [file]);
    return { printed, error: null };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { printed, error };
  }
};

describe('policy test', () => {
  it('of a table that holds says how many cases there were', () => {
    const cases =
      'cases:\n  - { principal: ann, tool: files__read, expect: allow, by: role-reader }\n  - { principal: ann, tool: mail__read, expect: hidden, by: no-mail }\n';
    expect(run(WORLD + cases)).toEqual({ printed: ['2 cases are decided as they say.'], error: null });
  });

  it('of one that does not shows what was expected and what was decided, and ends with 1', () => {
    const cases =
      'cases:\n  - { principal: ann, tool: mail__read, arguments: { a: 1 }, expect: allow }\n  - { principal: ann, tool: files__read, expect: allow, by: no-mail }\n';
    const { printed, error } = run(WORLD + cases);
    expect(error).toMatchObject({ code: 1, message: '2 of 2 cases are decided otherwise.' });
    expect(printed[0]).toBe(`${join(folder, 'table.yaml')}: ann mail__read {"a":1}\n  - expected allow\n  + got      hidden by no-mail`);
    expect(printed[1]).toContain('  - expected allow by no-mail\n  + got      allow by role-reader');
  });

  it.each([
    ['no YAML', ': [', 2, 'table.yaml:'],
    ['a key that is none', `${WORLD}case: []\n`, 2, 'table.yaml:7:1 case: unknown key; did you mean cases?'],
    ['no cases', WORLD, 2, 'cases: '],
    ['a key twice', `${WORLD}cases: []\ncases: []\n`, 2, 'table.yaml:8:1 file: expected each key once'],
    [
      'no policies',
      `${WORLD.replace('policies: policies', '')}cases: [{ principal: ann, tool: a__b, expect: allow }]\n`,
      2,
      'name the .cedar files',
    ],
    ['a result that is none', `${WORLD}cases: [{ principal: ann, tool: a__b, expect: perhaps }]\n`, 2, 'cases.0.expect'],
    ['an alias', `${WORLD}cases: &a [{ principal: ann, tool: a__b, expect: allow, arguments: { x: *a } }]\n`, 2, 'table'],
    [
      'policies that are not there',
      `${WORLD.replace('policies: policies', 'policies: nowhere.cedar')}cases: [{ principal: ann, tool: a__b, expect: allow }]\n`,
      2,
      'nowhere.cedar cannot be read',
    ],
    [
      'a rule that leads out',
      `${WORLD}grants: [{ principal: ann, tool: files__read, rules: [{ argument: a, below: ../x }] }]\ncases: [{ principal: ann, tool: a__b, expect: hidden }]\n`,
      1,
      'a grant: a: it holds . or ..',
    ],
  ])('refuses a table with %s', (_, text, code, what) => {
    const { error } = run(text);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(what);
  });
});
