import ts from 'typescript';
import { at, type Finding, isProduct, isTest, nodes, type Project, type Source } from '../project.ts';

const SWITCHES = new Set(['skip', 'only', 'todo', 'fails']);
const RUNNERS = new Set(['test', 'it', 'describe', 'suite', 'bench']);
const MARK = /\b(TODO|FIXME|XXX|HACK)\b/;

/** No test is switched off or alone, and no code says that it is not done. */
export function unfinished(project: Project): readonly Finding[] {
  return [...project.sources.values()].flatMap((source) => {
    if (isTest(source.path)) return [...switches(source)];
    return isProduct(source.path) ? marks(source) : [];
  });
}

function* switches(source: Source): Generator<Finding> {
  for (const node of nodes(source.ast)) {
    if (!ts.isPropertyAccessExpression(node) || !SWITCHES.has(node.name.text)) continue;
    const root = rootOf(node.expression);
    if (RUNNERS.has(root)) yield at(source, node, 'unfinished', `${root}.${node.name.text}: every test runs, or is not there`);
  }
}

function rootOf(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression);
  return ts.isIdentifier(node) ? node.text : '';
}

function marks(source: Source): readonly Finding[] {
  return source.text
    .split('\n')
    .flatMap((text, index) =>
      MARK.test(text) ? [{ file: source.path, line: index + 1, rule: 'unfinished', message: 'do it, or write it into the issue' }] : [],
    );
}
