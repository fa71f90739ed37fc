import ts from 'typescript';
import { at, type Finding, nodes, type Project, product, type Source } from '../project.ts';
import { roomOf } from './rooms.ts';

const NAMES = new Set(['env', 'argv']);
const ROOMS = new Set(['config', 'cli']);

/** What a process was started with is read in `config` and `cli`, and handed on as arguments. */
export function environment(project: Project): readonly Finding[] {
  return [...product(project)].filter((source) => !ROOMS.has(roomOf(source.path) ?? '')).flatMap((source) => [...readings(source)]);
}

function* readings(source: Source): Generator<Finding> {
  for (const node of nodes(source.ast)) {
    const name = ts.isPropertyAccessExpression(node) && isProcess(node.expression) ? node.name.text : null;
    if (name !== null && NAMES.has(name)) yield at(source, node, 'environment', `process.${name} outside config and cli`);
  }
  for (const { specifier, names, line } of source.imports) {
    if (/^(node:)?process$/.test(specifier) && names.some((name) => NAMES.has(name) || name === '*')) {
      yield { file: source.path, line, rule: 'environment', message: 'env and argv are read in config and cli' };
    }
  }
}

const isProcess = (node: ts.Expression): boolean =>
  (ts.isIdentifier(node) && node.text === 'process') ||
  (ts.isPropertyAccessExpression(node) && node.name.text === 'process' && node.expression.getText() === 'globalThis');
