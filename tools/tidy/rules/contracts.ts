import ts from 'typescript';
import { at, type Finding, type Project, product } from '../project.ts';
import { roomOf } from './rooms.ts';

const MAX_LINES = 1400;

/** Contracts hold types and no code, and stay small: when they grow, two rooms are really one. */
export function contracts(project: Project): readonly Finding[] {
  const findings: Finding[] = [];
  let lines = 0;
  let last = '';
  for (const source of product(project)) {
    if (roomOf(source.path) !== 'contracts') continue;
    lines += source.text.trimEnd().split('\n').length;
    last = source.path;
    for (const statement of source.ast.statements) {
      if (!isType(statement)) findings.push(at(source, statement, 'contracts', 'contracts hold types only'));
    }
  }
  if (lines > MAX_LINES)
    findings.push({ file: last, line: 1, rule: 'contracts', message: `${lines} lines of contracts; at most ${MAX_LINES}` });
  return findings;
}

function isType(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return true;
  if (ts.isImportDeclaration(statement)) return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return ts.isExportDeclaration(statement) && statement.isTypeOnly;
}
