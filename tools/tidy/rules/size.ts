import ts from 'typescript';
import { at, type Finding, isTest, nodes, type Project, type Source } from '../project.ts';

const FILE_LINES = 400;
const FUNCTION_LINES = 60;

/** A file is one thing, and a function fits a screen. Tests' functions are free: `describe` holds a file. */
export function size(project: Project): readonly Finding[] {
  const findings: Finding[] = [];
  for (const source of project.sources.values()) {
    const lines = source.text.trimEnd().split('\n').length;
    if (lines > FILE_LINES) {
      findings.push({ file: source.path, line: FILE_LINES, rule: 'size', message: `${lines} lines; at most ${FILE_LINES}` });
    }
    if (!isTest(source.path)) findings.push(...longFunctions(source));
  }
  return findings;
}

function* longFunctions(source: Source): Generator<Finding> {
  for (const node of nodes(source.ast)) {
    if (!ts.isFunctionLike(node) || !('body' in node)) continue;
    const first = source.ast.getLineAndCharacterOfPosition(node.getStart(source.ast)).line;
    const lines = source.ast.getLineAndCharacterOfPosition(node.end).line - first + 1;
    if (lines > FUNCTION_LINES) yield at(source, node, 'size', `a function of ${lines} lines; at most ${FUNCTION_LINES}`);
  }
}
