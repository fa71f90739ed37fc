import { posix } from 'node:path';
import { runInNewContext } from 'node:vm';
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
  /** Each property of the row with its value, as text. */
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
  return tables.filter(({ path }) => !path.endsWith('.test.ts')).flatMap((source) => rowsOf(project, source));
}

const sourcesUnder = (project: Project, folder: string): readonly Source[] =>
  [...project.sources.values()].filter((source) => source.path.startsWith(folder));

function rowsOf(project: Project, source: Source): readonly ReplyRow[] {
  const values = Object.values(evaluate(project, source.path));
  const rows: ReplyRow[] = [];
  for (const node of nodes(source.ast)) {
    if (!ts.isPropertyAssignment(node) || !ts.isStringLiteral(node.name) || !REASON.test(node.name.text)) continue;
    const reason = node.name.text;
    const table = values.find((value) => isObject(value) && reason in value);
    const cells = cellsOf(isObject(table) ? table[reason] : node.initializer.getText(source.ast));
    rows.push({ reason, file: source.path, line: lineOf(source.ast, node), cells });
  }
  return rows;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const cellsOf = (row: unknown): Readonly<Record<string, string>> =>
  isObject(row) ? Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])) : { row: String(row) };

/** What a table's module exports. Tables import nothing but types and each other, so they run alone, from the project's text. */
function evaluate(project: Project, path: string): Readonly<Record<string, unknown>> {
  const source = project.sources.get(path);
  if (source === undefined) return {};
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ESNext, verbatimModuleSyntax: false };
  const script = ts.transpileModule(source.text, { compilerOptions: options }).outputText;
  const exports = {};
  const require = (specifier: string): unknown => evaluate(project, posix.normalize(posix.join(posix.dirname(path), specifier)));
  try {
    runInNewContext(script, { exports, require }, { filename: path, timeout: 1_000 });
  } catch {
    // A table in the middle of an edit: its rows are shown as they are written, and the compiler says what is wrong.
  }
  return exports;
}
