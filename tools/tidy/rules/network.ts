import ts from 'typescript';
import { at, type Finding, nodes, type Project, product, type Source } from '../project.ts';

const GLOBALS = new Set(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']);

/** The gateway reaches the network through clients that check destinations: the globals would be a way past them (SSRF). */
export function network(project: Project): readonly Finding[] {
  return [...product(project)].flatMap((source) => [...uses(source)]);
}

function* uses(source: Source): Generator<Finding> {
  for (const node of nodes(source.ast)) {
    const called = ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression : null;
    const isGlobal = called !== null && ts.isIdentifier(called) && GLOBALS.has(called.text) && !isDeclared(source, called.text);
    const isMember =
      ts.isPropertyAccessExpression(node) && node.expression.getText(source.ast) === 'globalThis' && GLOBALS.has(node.name.text);
    if (isGlobal || isMember) yield at(source, node, 'network', 'a global network client: destinations are checked by ours alone');
  }
}

function isDeclared(source: Source, name: string): boolean {
  for (const node of nodes(source.ast)) {
    const declares = ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isImportSpecifier(node) || ts.isBindingElement(node);
    if (declares && ts.isIdentifier(node.name) && node.name.text === name) return true;
    if (ts.isFunctionDeclaration(node) && node.name?.text === name) return true;
  }
  return false;
}
