import { describe, expect, test } from 'vitest';
import { documents } from '../../docs/documents.ts';
import { type Project, projectOf, type Rule } from '../project.ts';
import { dependencies } from './dependencies.ts';
import { faults } from './faults.ts';
import { generated } from './generated.ts';
import { reasons } from './reasons.ts';
import { requirements } from './requirements.ts';

const REASONS = 'packages/gateway/src/contracts/reasons';
const REPLY = 'packages/gateway/src/gateway/reply.ts';
const FAULTS = 'packages/gateway/test/faults/dependencies.ts';
const tree = (files: Readonly<Record<string, string>>): Project => projectOf(new Map(Object.entries(files)));
const messages = (rule: Rule, files: Readonly<Record<string, string>>): readonly string[] =>
  rule(tree(files)).map(({ file, line, message }) => `${file}:${line} ${message}`);

describe('dependencies', () => {
  const manifest = (version: string): string => `{\n  "dependencies": {\n    "zod": "${version}"\n  }\n}`;
  const list = (row: string): string =>
    `# Dependencies\n\n## Runtime\n\n| name | version | why |\n|---|---|---|\n${row}\n\n## Bundled\n\n| \`node\` | 26.0.0 |\n`;
  const zod = list('| `zod` | 4.6.7 | why |');

  test.for([
    ['a dependency without a row', manifest('4.6.7'), list(''), 'packages/gateway/package.json:3 zod has no row in DEPENDENCIES.md'],
    ['another version', manifest('4.6.8'), zod, 'packages/gateway/package.json:3 zod is 4.6.8 here and 4.6.7 in DEPENDENCIES.md'],
    ['a row without a dependency', '{}', zod, 'DEPENDENCIES.md:7 zod is listed and no package depends on it'],
    [
      'a range',
      manifest('^4.6.7'),
      list('| `zod` | ^4.6.7 | why |'),
      'packages/gateway/package.json:3 zod is not pinned to one version: ^4.6.7',
    ],
  ] as const)('finds %s', ([, json, text, expected]) => {
    expect(messages(dependencies, { 'packages/gateway/package.json': json, 'DEPENDENCIES.md': text })).toEqual([expected]);
  });

  test('accepts an equal list, our own packages, an alias and development tools outside the list', () => {
    const root = '{"devDependencies":{"typescript7":"npm:typescript@7.0.2","vitest":"5.1.0"},"dependencies":{"@sallyport/ledger":"0.1.0"}}';
    expect(
      messages(dependencies, { 'package.json': root, 'packages/gateway/package.json': manifest('4.6.7'), 'DEPENDENCIES.md': zod }),
    ).toEqual([]);
  });
});

describe('reasons', () => {
  const declared = { [`${REASONS}/vault.ts`]: `export type VaultReason =\n  | 'vault.key_unknown'\n  | 'vault.envelope_damaged';` };
  test('finds a reason without a row', () => {
    const files = { ...declared, [REPLY]: `const rows = { 'vault.key_unknown': { status: 503 } } satisfies Record<Reason, Row>;` };
    expect(messages(reasons, files)).toEqual([`${REASONS}/vault.ts:3 vault.envelope_damaged has no row in gateway/reply.ts`]);
  });
  test("finds a reason in another room's file", () => {
    const files = {
      [`${REASONS}/audit.ts`]: `export type AuditReason = 'vault.key_unknown';`,
      [REPLY]: `const rows = { 'vault.key_unknown': { http: 1 } };`,
    };
    expect(messages(reasons, files)).toEqual([`${REASONS}/audit.ts:1 vault.key_unknown stands in another room's file`]);
  });
  test('waits for the table', () => expect(messages(reasons, declared)).toEqual([]));
});

describe('requirements', () => {
  const open = '[';
  const rows = '[{"id":"R2-053"},{"id":"R2-052"}]';
  const claim = (title: string): readonly string[] =>
    messages(requirements, { 'docs/requirements.json': rows, 'packages/gateway/src/vault/a.test.ts': `test('x ${title}', () => {});` });

  test.for([
    [`${open}R9-999]`, 'R9-999 is no row of docs/requirements.json'],
    [`${open}R2-053 partially]`, `not a claim: ${open}R2-053 partially]`],
    [`${open}R2-053 partial]`, `not a claim: ${open}R2-053 partial]`],
    [`${open}R2-053 partial: ]`, `not a claim: ${open}R2-053 partial: ]`],
    [`${open}R2-053`, `not a claim: ${open}R2-053`],
    [`${open}R2-053, R2-052]`, `not a claim: ${open}R2-053, R2-052]`],
  ] as const)('finds %s', ([title, expected]) => {
    expect(claim(title)).toEqual([`packages/gateway/src/vault/a.test.ts:1 ${expected}`]);
  });
  test.for([`${open}R2-053]`, `${open}R2-052 partial: two instances] ${open}R2-053]`, '[other]'])('accepts %s', (title) => {
    expect(claim(title)).toEqual([]);
  });
});

describe('faults', () => {
  const row = `const x = [{ dependency: 'journal disk', fails: 'is full', reason: 'audit.journal_poisoned', answer: '503', test: 'packages/gateway/test/faults/journal.test.ts' }];`;
  const reason = { [`${REASONS}/audit.ts`]: `export type AuditReason = 'audit.journal_poisoned';` };
  test('finds a row without its test', () => {
    expect(messages(faults, { [FAULTS]: row, ...reason })).toEqual([
      `${FAULTS}:1 journal disk: there is no test packages/gateway/test/faults/journal.test.ts`,
    ]);
  });
  test('finds a row with a reason that is none', () => {
    expect(messages(faults, { [FAULTS]: row, 'packages/gateway/test/faults/journal.test.ts': '' })).toEqual([
      `${FAULTS}:1 journal disk: audit.journal_poisoned is no declared reason`,
    ]);
  });
});

describe('generated', () => {
  const run = { date: '2026-01-02T03:04:05.000Z', machine: { cores: 2, memoryGb: 8, kernel: 'Linux 6.1', node: 'v26.10.0' } };
  const figure = { figure: 'calls a second', value: 7, unit: 'calls', goal: '>= 5', met: true, command: 'npm run figures -- x' };
  const sources = {
    'README.md': '# x\n<!-- figures: written by npm run docs -->\nold\n<!-- end of figures -->\nrest\n',
    'docs/figures.json': JSON.stringify({ x: { ...run, figures: [figure] } }),
    [REPLY]: `const row = (status: number, text: string) => ({ status, text });\nexport const ROWS = { 'vault.key_unknown': row(503, 'a | b') } satisfies Record<Reason, Row>;`,
  };
  const written = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
    const pages = documents.map(({ path, generate }) => [path, generate(tree(files))] as const);
    return { ...files, ...Object.fromEntries(pages.filter(([, text]) => text !== null)) } as Readonly<Record<string, string>>;
  };

  test('finds pages that are stale or missing', () => {
    expect(generated(tree(sources)).map(({ file }) => file)).toEqual(['README.md', 'docs/reference/reasons.md']);
  });
  test('accepts what the generators wrote', () => expect(generated(tree(written(sources)))).toEqual([]));
  test('finds a page whose source is gone', () => {
    expect(generated(tree({ 'docs/reference/reasons.md': 'x' })).map(({ file }) => file)).toEqual(['docs/reference/reasons.md']);
  });
  test('puts the figures between the markers and the row into the page', () => {
    const pages = written(sources);
    expect(pages['README.md']).toContain('| x | calls a second | 7 calls | >= 5 | yes | 2026-01-02 |');
    expect(pages['README.md']).toContain('Measured on 2 cores, 8 GB, Linux 6.1, Node v26.10.0.');
    expect(pages['docs/reference/reasons.md']).toContain('| `vault.key_unknown` | 503 | a \\| b |');
  });
});
