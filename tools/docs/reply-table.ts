import ts from 'typescript';
import { lineOf, nodes, type Project, type Source } from '../tidy/project.ts';

const ROOM = 'packages/gateway/src/gateway/';
const REASON = /^[a-z]+(\.[a-z0-9_]+)+$/;

export interface Reason {
  readonly reason: string;
  readonly file: string;
  readonly line: number;
}

export interface ReplyRow extends Reason {
  /** Each property of the row as it is written; a row that is not an object literal has one cell, `row`. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Every reason that `contracts/reasons/ROOM.ts` declares. */
export function declaredReasons(project: Project): readonly Reason[] {
  return sourcesUnder(project, 'packages/gateway/src/contracts/reasons/').flatMap((source) =>
    [...nodes(source.ast)].flatMap((node) =>
      ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal) && REASON.test(node.literal.text)
        ? [{ reason: node.literal.text, file: source.path, line: lineOf(source.ast, node) }]
        : [],
    ),
  );
}

/** The rows of `gateway/reply.ts` and of the tables beside it (`reply-*.ts`, `replies/`), or null while there is no such file. */
export function replyRows(project: Project): readonly ReplyRow[] | null {
  const tables = sourcesUnder(project, ROOM).filter(({ path }) =>
    /^(reply[a-z-]*\.ts|repl(y|ies)\/[^/]+\.ts)$/.test(path.slice(ROOM.length)),
  );
  if (!tables.some(({ path }) => path.startsWith(`${ROOM}reply`))) return null;
  return tables.filter(({ path }) => !path.endsWith('.test.ts')).flatMap(rowsOf);
}

const sourcesUnder = (project: Project, folder: string): readonly Source[] =>
  [...project.sources.values()].filter((source) => source.path.startsWith(folder));

function rowsOf(source: Source): readonly ReplyRow[] {
  const rows: ReplyRow[] = [];
  for (const node of nodes(source.ast)) {
    if (!ts.isPropertyAssignment(node) || !ts.isStringLiteral(node.name) || !REASON.test(node.name.text)) continue;
    const cells = cellsOf(node.initializer, source.ast);
    rows.push({ reason: node.name.text, file: source.path, line: lineOf(source.ast, node), cells });
  }
  return rows;
}

function cellsOf(value: ts.Expression, ast: ts.SourceFile): Readonly<Record<string, string>> {
  const object = ts.isSatisfiesExpression(value) || ts.isAsExpression(value) ? value.expression : value;
  if (!ts.isObjectLiteralExpression(object)) return { row: textOf(object, ast) };
  return Object.fromEntries(
    object.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) ? [[property.name.getText(ast), textOf(property.initializer, ast)]] : [],
    ),
  );
}

const textOf = (node: ts.Expression, ast: ts.SourceFile): string =>
  ts.isStringLiteralLike(node) ? node.text : node.getText(ast).replace(/\s+/g, ' ');
