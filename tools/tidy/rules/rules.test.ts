import { describe, expect, test } from 'vitest';
import { type Project, projectOf, type Rule } from '../project.ts';
import { contracts } from './contracts.ts';
import { cryptography } from './cryptography.ts';
import { cycles } from './cycles.ts';
import { environment } from './environment.ts';
import { furniture } from './furniture.ts';
import { names } from './names.ts';
import { network } from './network.ts';
import { rooms } from './rooms.ts';
import { size } from './size.ts';
import { sql } from './sql.ts';
import { unfinished } from './unfinished.ts';

const SRC = 'packages/gateway/src';
const tree = (files: Readonly<Record<string, string>>): Project => projectOf(new Map(Object.entries(files)));

/** One file, the rule that looks at it, and whether the rule finds exactly one fault in it. */
type Row = readonly [name: string, path: string, text: string];

function check(rule: Rule, faults: readonly Row[], fine: readonly Row[]): void {
  test.for(faults)('finds %s', ([, path, text]) => {
    expect(rule(tree({ [path]: text }))).toMatchObject([{ file: path, rule: rule.name }]);
  });
  test.for(fine)('accepts %s', ([, path, text]) => {
    expect(rule(tree({ [path]: text }))).toEqual([]);
  });
}

const lines = (count: number): string => 'let x = 0;\n'.repeat(count);

describe('rooms', () => {
  check(
    rooms,
    [
      ['a peer', `${SRC}/vault/a.ts`, `import { x } from '../audit/index.ts';`],
      ['a peer, as a type', `${SRC}/vault/a.ts`, `import type { X } from '../audit/index.ts';`],
      ['a peer, by a type query', `${SRC}/vault/a.ts`, `type X = import('../audit/index.ts').X;`],
      ['a peer, loaded late', `${SRC}/vault/a.ts`, `const x = await import('../audit/index.ts');`],
      ['a peer, handed on', `${SRC}/vault/a.ts`, `export { x } from '../audit/index.ts';`],
      ['a higher room', `${SRC}/http/a.ts`, `import { x } from '../protocol/index.ts';`],
      ['a way round the door', `${SRC}/admin/a.ts`, `import { x } from '../vault/keys.ts';`],
      ['a way round the door, from cli', `${SRC}/cli/a.ts`, `import { x } from '../vault/keys.ts';`],
      ['admin in the gateway', `${SRC}/admin/a.ts`, `import { x } from '../gateway/index.ts';`],
      ['base that looks up', `${SRC}/base/a.ts`, `import type { X } from '../contracts/x.ts';`],
      ['a room that nobody named', `${SRC}/attic/a.ts`, `import { x } from '../base/x.ts';`],
      ['product code that needs a test', `${SRC}/vault/a.ts`, `import { x } from '../../test/x.ts';`],
      ['a package inside the ledger', 'packages/ledger/src/a.ts', `import { z } from 'zod';`],
      ['a way round the ledger package', `${SRC}/audit/a.ts`, `import { x } from '@sallyport/ledger/record';`],
      ['the ledger by its path', `${SRC}/audit/a.ts`, `import { x } from '../../../ledger/src/index.ts';`],
    ],
    [
      ['a lower room through its door', `${SRC}/registry/a.ts`, `import { x } from '../protocol/index.ts';`],
      ['a base file', `${SRC}/http/a.ts`, `import { x } from '../base/x.ts';`],
      ['the reasons of a room', `${SRC}/http/a.ts`, `import type { X } from '../contracts/reasons/http.ts';`],
      ['the same room', `${SRC}/vault/deep/a.ts`, `import { x } from '../x.ts';`],
      ['main, that joins rooms', `${SRC}/main.ts`, `import { x } from './vault/index.ts';`],
      ['cli, that starts main', `${SRC}/cli/a.ts`, `import { x } from '../main.ts';`],
      ['a test, that may import anything', `${SRC}/vault/a.test.ts`, `import { x } from '../audit/x.ts';`],
      ['the ledger by its package', `${SRC}/audit/a.ts`, `import { x } from '@sallyport/ledger';`],
    ],
  );
});

describe('cycles', () => {
  test('finds a loop of three once, types included', () => {
    const project = tree({
      [`${SRC}/a.ts`]: `import type { B } from './b.ts';`,
      [`${SRC}/b.ts`]: `export { c } from './c.ts';`,
      [`${SRC}/c.ts`]: `import { a } from './a.ts';`,
      [`${SRC}/d.ts`]: `import { a } from './a.ts';`,
    });
    expect(cycles(project)).toMatchObject([{ file: `${SRC}/a.ts`, rule: 'cycles', line: 1 }]);
  });
  test('finds two loops', () => {
    const project = tree({
      'a.ts': `import './b.ts'; import './c.ts';`,
      'b.ts': `import './b.ts';`,
      'c.ts': `import './d.ts';`,
      'd.ts': `import './c.ts';`,
    });
    expect(cycles(project)).toHaveLength(2);
  });
  test('accepts a diamond', () => {
    const project = tree({
      'a.ts': `import './b.ts'; import './c.ts';`,
      'b.ts': `import './d.ts';`,
      'c.ts': `import './d.ts';`,
      'd.ts': '',
    });
    expect(cycles(project)).toEqual([]);
  });
});

describe('size', () => {
  check(
    size,
    [
      ['a file of 401 lines', `${SRC}/vault/a.ts`, lines(401)],
      ['a test of 401 lines', `${SRC}/vault/a.test.ts`, lines(401)],
      ['a function of 61 lines', `${SRC}/vault/a.ts`, `function f() {\n${lines(59)}}`],
      ['an arrow of 61 lines', `${SRC}/vault/a.ts`, `const f = () => {\n${lines(59)}};`],
    ],
    [
      ['a file of 400 lines', `${SRC}/vault/a.ts`, lines(400)],
      ['a function of 60 lines', `${SRC}/vault/a.ts`, `function f() {\n${lines(58)}}`],
      ['a long describe', `${SRC}/vault/a.test.ts`, `describe('x', () => {\n${lines(100)}});`],
    ],
  );
});

describe('names', () => {
  check(
    names,
    [
      ['a drawer', `${SRC}/utils/a.ts`, ''],
      ['a drawer with a prefix', `${SRC}/vault/key-helpers.ts`, ''],
      ['a file of types', `${SRC}/vault/types.ts`, ''],
      ['a capital', `${SRC}/vault/keyRing.ts`, ''],
    ],
    [
      ['a noun', `${SRC}/vault/key-ring.ts`, ''],
      ['a word that only contains one', `${SRC}/vault/shared-session.ts`, ''],
    ],
  );
});

describe('furniture', () => {
  test('finds a room without door and page', () => {
    const files = furniture(tree({ [`${SRC}/vault/key-ring.ts`]: '', [`${SRC}/base/x.ts`]: '' })).map((finding) => finding.file);
    expect(files).toEqual([`${SRC}/vault/README.md`, `${SRC}/vault/index.ts`]);
  });
  test('accepts a room that has both', () => {
    expect(furniture(tree({ [`${SRC}/vault/index.ts`]: '', [`${SRC}/vault/README.md`]: '' }))).toEqual([]);
  });
});

describe('contracts', () => {
  check(
    contracts,
    [
      ['a function', `${SRC}/contracts/a.ts`, 'export function f() {}'],
      ['a constant', `${SRC}/contracts/a.ts`, 'export const x = 1;'],
      ['a value import', `${SRC}/contracts/a.ts`, `import { x } from '../base/x.ts';`],
      ['1401 lines', `${SRC}/contracts/a.ts`, 'type X = 1;\n'.repeat(1401)],
    ],
    [['types', `${SRC}/contracts/a.ts`, `import type { X } from '../base/x.ts';\nexport interface A { x: X }\nexport type B = A;`]],
  );
});

describe('sql', () => {
  check(
    sql,
    [
      ['a select', `${SRC}/identity/a.ts`, `db.prepare('select id from keys');`],
      ['a template', `${SRC}/identity/a.ts`, 'db.run(`\n  INSERT OR IGNORE INTO x values (1)`);'],
      ['a pragma', `${SRC}/identity/a.ts`, `db.exec('PRAGMA key = 1');`],
      ['a builder', `${SRC}/identity/a.ts`, `db.deleteFrom('keys');`],
    ],
    [
      ['a store', `${SRC}/identity/store.ts`, `db.prepare('select id from keys');`],
      ['a migration', `${SRC}/identity/migrations/0001.ts`, `db.exec('create table keys (id)');`],
      ['storage', `${SRC}/storage/sqlite.ts`, `db.exec('PRAGMA key = 1');`],
      ['a sentence', `${SRC}/identity/a.ts`, `throw new Error('select one of the keys');`],
      ['a test', `${SRC}/identity/a.test.ts`, `db.prepare('select id from keys');`],
    ],
  );
});

describe('environment', () => {
  check(
    environment,
    [
      ['process.env', `${SRC}/vault/a.ts`, `process.env['X'];`],
      ['process.argv', `${SRC}/main.ts`, 'process.argv;'],
      ['globalThis.process.env', `${SRC}/vault/a.ts`, 'globalThis.process.env;'],
      ['an import', `${SRC}/vault/a.ts`, `import { env } from 'node:process';`],
    ],
    [
      ['config', `${SRC}/config/a.ts`, `process.env['X'];`],
      ['cli', `${SRC}/cli/a.ts`, 'process.argv;'],
      ['another env', `${SRC}/vault/a.ts`, 'launch.env;'],
    ],
  );
});

describe('cryptography', () => {
  check(
    cryptography,
    [
      ['node:crypto', `${SRC}/gateway/a.ts`, `import { createHash } from 'node:crypto';`],
      ['node:crypto in another base file', `${SRC}/base/ids.ts`, `import { randomBytes } from 'node:crypto';`],
      ['more than argon2 in identity', `${SRC}/identity/a.ts`, `import { argon2, createHmac } from 'node:crypto';`],
      ['the global', `${SRC}/gateway/a.ts`, 'crypto.randomUUID();'],
      ['Math.random', `${SRC}/gateway/a.ts`, 'Math.random();'],
    ],
    [
      ['the vault', `${SRC}/vault/a.ts`, `import { createHmac } from 'node:crypto';`],
      ['the ledger', 'packages/ledger/src/a.ts', `import { hash } from 'node:crypto';`],
      ['base/bytes.ts', `${SRC}/base/bytes.ts`, `import { hash } from 'node:crypto';`],
      ['argon2 in identity', `${SRC}/identity/a.ts`, `import { argon2Sync } from 'node:crypto';`],
    ],
  );
});

describe('network', () => {
  check(
    network,
    [
      ['fetch', `${SRC}/registry/a.ts`, `await fetch('http://x');`],
      ['globalThis.fetch', `${SRC}/registry/a.ts`, `const get = globalThis.fetch;`],
      ['a socket', `${SRC}/registry/a.ts`, `new WebSocket('ws://x');`],
    ],
    [
      ['one that is given', `${SRC}/registry/a.ts`, `const f = (fetch: X) => fetch('http://x');`],
      ['another object', `${SRC}/registry/a.ts`, `cache.fetch('x');`],
    ],
  );
});

describe('unfinished', () => {
  const mark = 'TO' + 'DO';
  check(
    unfinished,
    [
      ['a skipped test', `${SRC}/vault/a.test.ts`, `test.skip('x', () => {});`],
      ['a lonely test', 'packages/gateway/test/x/a.test.ts', `describe.only('x', () => {});`],
      ['a skip in a chain', `${SRC}/vault/a.test.ts`, `it.concurrent.skip('x', () => {});`],
      ['a mark', `${SRC}/vault/a.ts`, `// ${mark}: later`],
    ],
    [
      ['a test', `${SRC}/vault/a.test.ts`, `test('x', () => {});`],
      ['another only', `${SRC}/vault/a.test.ts`, `row.only;`],
    ],
  );
});
