import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../base/limits.ts';
import { readPolicies } from './read-policies.ts';

const GOOD = `// who may write where
@id("team-folders")
@message("write_file may write only below reports/.")
@advice("Choose such a path or ask an administrator.")
permit (principal, action == Action::"call", resource == Tool::"files__write_file")
when { context.arguments.path like "reports/*" };

@id("no-deploys")
forbid (principal, action, resource in Server::"deploy"); // on Fridays
`;

const mistakes = (text: string) => readPolicies([{ file: 'a.cedar', text }]).mistakes;
const said = (text: string) => mistakes(text).map(({ line, column, what }) => `${line}:${column} ${what}`);
const withWhen = (body: string): string => `@id("x")\nforbid (principal, action, resource is Tool) when { ${body} };`;

describe('a file of policies', () => {
  it('gives each policy with its place, its message and the arguments that it reads', () => {
    const read = readPolicies([{ file: 'team.cedar', text: GOOD }]);
    expect(read.mistakes).toEqual([]);
    expect(read.policies).toMatchObject([
      {
        id: 'team-folders',
        place: { file: 'team.cedar', line: 2 },
        effect: 'permit',
        message: 'write_file may write only below reports/. Choose such a path or ask an administrator.',
        reads: [['path']],
        comparesPaths: true,
      },
      { id: 'no-deploys', place: { file: 'team.cedar', line: 8 }, effect: 'forbid', message: null, reads: [], comparesPaths: false },
    ]);
    expect(read.policies[1]?.text).toBe('@id("no-deploys")\nforbid (principal, action, resource in Server::"deploy");');
  });

  it('is read whole: each mistake of each policy, with its line and column', () => {
    const text = `permit (principl, action, resource);\n\n@id("a") permit (principal, action, resource) when { "ü" == principal.( };\n@id("B") permit (principal, action, resource);\n@id("c") @note("x") permit (principal, action, resource);`;
    expect(said(text)).toEqual([
      expect.stringContaining('1:9 found an invalid variable in the policy scope: principl'),
      expect.stringContaining('3:71 unexpected token'),
      expect.stringMatching(/^4:1 an id has small letters/),
      expect.stringMatching(/^5:1 @note means nothing here/),
    ]);
  });

  it.each([
    ['no id', 'permit (principal, action, resource);', 'has no id'],
    ['an id that ships', '@id("role-reader") permit (principal, action, resource);', 'a policy that ships has this id'],
    ['an id like a grant', '@id("grant:1") permit (principal, action, resource);', 'an id has small letters'],
    ['an id of 65 letters', `@id("${'a'.repeat(65)}") permit (principal, action, resource);`, 'at most 64'],
    [
      'an id twice',
      '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
      'another policy has this id',
    ],
    ['a message over two lines', '@id("a") @message("a\\nb") permit (principal, action, resource);', '@message is one line'],
    ['a message that turns the text around', '@id("a") @message("a\u202eb") permit (principal, action, resource);', '@message is one line'],
    ['a permit of discovery alone', '@id("a") permit (principal, action == Action::"discover", resource);', 'discovery follows'],
    [
      'discovery among others',
      '@id("a") forbid (principal, action in [Action::"discover", Action::"call"], resource);',
      'discovery follows',
    ],
    [
      'a condition on the action',
      '@id("a") forbid (principal, action, resource) when { action == Action::"call" };',
      'name it in the head',
    ],
    ['the context as a whole', withWhen('context == context'), 'context cannot be taken as a whole'],
    ['the arguments as a whole', withWhen('context.arguments == {path: "a"}'), 'context cannot be taken as a whole'],
    ['the arguments by another way', withWhen('{a: context}.a.arguments.path == "a"'), 'context cannot be taken as a whole'],
    [
      'arguments of what may be a prompt',
      '@id("a") forbid (principal, action, resource) when { context.arguments.path == "a" };',
      'resource is Tool',
    ],
    ['a template', '@id("a") permit (principal == ?principal, action, resource);', 'template'],
    ['no end', '@id("a") permit (principal, action, resource)', 'unexpected end'],
    ['a text that never ends', '@id("a permit (principal, action, resource);', 'invalid token'],
    ['something else than policies', 'hello', 'unexpected'],
    ['Cedar of a schema', 'entity User;', 'unexpected'],
  ])('refuses %s', (_, text, what) => {
    expect(said(text).join('\n')).toContain(what);
    expect(readPolicies([{ file: null, text }]).policies.length).toBeLessThan(2);
  });

  // What exhausts the stack of Cedar's parser leaves it broken for good: afterwards every decision would be a fault.
  it.each([
    ['brackets', `${'('.repeat(400)}true${')'.repeat(400)}`],
    ['lists', `${'['.repeat(60)}1${']'.repeat(60)} == [1]`],
    ['records', `${'{a:'.repeat(32)}1${'}'.repeat(32)} == {a:1}`],
    ['negations', `${'!('.repeat(300)}true${')'.repeat(300)}`],
    ['conjunctions', `${'principal.tenant == "a" && '.repeat(60)}true`],
    ['alternatives', `${'true||'.repeat(600)}true`],
    ['sums', `${'1+'.repeat(2000)}1 == 1`],
    ['accesses', `principal${'.a'.repeat(1900)} == 1`],
    ['choices', `${'if true then 1 else '.repeat(190)}1 == 1`],
    ['brackets in a text and a comment', `"((((" == "((((" // ${'('.repeat(500)}\n && ${'('.repeat(200)}true${')'.repeat(200)}`],
  ])('survives %s without end, and reads the next policy', (_, body) => {
    const text = `@id("deep") permit (principal, action, resource) when { ${body} };\n@id("next") permit (principal, action, resource);`;
    const read = readPolicies([{ file: null, text }]);
    expect(read.mistakes).toHaveLength(1);
    expect(read.policies.map(({ id }) => id)).toEqual(['next']);
  });

  it('takes what people write: thirty alternatives in a row and a list of a hundred', () => {
    const long = Array.from({ length: 30 }, (_, i) => `context.arguments.a == "${i}"`).join(' || ');
    const wide = `[${Array.from({ length: 100 }, (_, i) => `"v${i}"`).join(', ')}].contains(context.arguments.a)`;
    for (const body of [long, wide]) expect(said(withWhen(body))).toEqual([]);
  });

  it('is bounded in size and in number', () => {
    expect(said(`// ${'x'.repeat(LIMITS.policyFileBytes)}`)).toEqual([expect.stringContaining('larger than')]);
    expect(said(withWhen(`"${'x'.repeat(LIMITS.policyBytes)}" == "a"`))).toEqual([expect.stringContaining('at most 4096 bytes')]);
    const many = Array.from({ length: LIMITS.policies + 1 }, (_, i) => `@id("p${i}") permit (principal, action, resource);`).join('\n');
    expect(said(many)).toEqual([expect.stringContaining('more than 500 policies')]);
  });

  it('of blanks, comments or nothing holds no policy and no mistake', () => {
    for (const text of ['', ' \n\t', '// only\n// comments', '// no end of line'])
      expect(readPolicies([{ file: null, text }])).toEqual({ policies: [], mistakes: [] });
  });
});
