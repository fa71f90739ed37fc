import ts from 'typescript';
import { literalText, nodes, type Project, type Source } from '../tidy/project.ts';
import { table } from './table.ts';

export const SOURCE = 'packages/gateway/test/faults/dependencies.ts';
const COLUMNS = ['dependency', 'fails', 'reason', 'answer', 'test'] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** docs/reference/failure.md: what happens when something that the gateway needs is not there, and the test that takes it away. */
export function failurePage(project: Project): string | null {
  const source = project.sources.get(SOURCE);
  const found = source === undefined ? [] : dependencyRows(source);
  if (found.length === 0) return null;
  const rows = found.map((row) => [row.dependency, row.fails, `\`${row.reason}\``, row.answer, `\`${row.test}\``]);
  return `# What happens when something fails\n\n${INTRODUCTION}\n\n${table(['depends on', 'fails by', 'reason', 'the caller sees', 'proved by'], rows)}\n`;
}

const INTRODUCTION = `Nothing fails open, and no setting makes it. Each row is a thing that the gateway depends on, what a caller sees while it is
broken, and the test that breaks it. Written by \`npm run docs\` from \`${SOURCE}\`.`;

/** The rows of the table, read as text so that a page never depends on code that runs. */
export function dependencyRows(source: Source): readonly Row[] {
  const rows: Row[] = [];
  for (const node of nodes(source.ast)) {
    if (!ts.isObjectLiteralExpression(node)) continue;
    const cells = new Map(
      node.properties.flatMap((p) =>
        ts.isPropertyAssignment(p) ? [[p.name.getText(source.ast), literalText(p.initializer) ?? ''] as const] : [],
      ),
    );
    if (COLUMNS.every((column) => cells.has(column))) rows.push(Object.fromEntries(cells) as Row);
  }
  return rows;
}
