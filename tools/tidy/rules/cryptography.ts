import ts from 'typescript';
import { at, type Finding, type Import, nodes, type Project, product, type Source } from '../project.ts';
import { roomOf } from './rooms.ts';

/** Keys, hashes and randomness have one home each (DESIGN section 3), so that a review of them is a review of few files. */
export function cryptography(project: Project): readonly Finding[] {
  return [...product(project)].flatMap((source) => [...imports(source), ...globals(source)]);
}

function* imports(source: Source): Generator<Finding> {
  for (const found of source.imports) {
    if (!/^(node:)?crypto$/.test(found.specifier) || found.typeOnly || mayImport(source.path, found)) continue;
    yield {
      file: source.path,
      line: found.line,
      rule: 'cryptography',
      message: 'node:crypto belongs to vault, ledger, base/bytes.ts and (argon2 only) identity',
    };
  }
}

function mayImport(path: string, found: Import): boolean {
  const room = roomOf(path);
  if (room === 'identity') return found.names.length > 0 && found.names.every((name) => name.startsWith('argon2'));
  return room === 'vault' || room === 'ledger' || path === 'packages/gateway/src/base/bytes.ts';
}

function* globals(source: Source): Generator<Finding> {
  for (const node of nodes(source.ast)) {
    if (!ts.isPropertyAccessExpression(node)) continue;
    const text = `${node.expression.getText(source.ast)}.${node.name.text}`;
    if (text === 'Math.random')
      yield at(source, node, 'cryptography', 'Math.random can be predicted: random bytes come from base/bytes.ts');
    const isGlobal = ts.isIdentifier(node.expression) && node.expression.text === 'crypto' && !isImported(source, 'crypto');
    if (isGlobal || text === 'globalThis.crypto')
      yield at(source, node, 'cryptography', 'the global crypto: use base/bytes.ts or a port of the vault');
  }
}

const isImported = (source: Source, name: string): boolean => new RegExp(`^import [^;]*\\b${name}\\b`, 'm').test(source.text);
