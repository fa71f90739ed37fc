import type { Project } from '../tidy/project.ts';
import { type ReplyRow, replyRows } from './reply-table.ts';
import { table } from './table.ts';

/** docs/reference/reasons.md: every reason with what a client is answered, by room. */
export function reasonsPage(project: Project): string | null {
  const rows = replyRows(project);
  if (rows === null) return null;
  const byRoom = Map.groupBy(rows, (row) => row.reason.split('.')[0] ?? '');
  const parts = [...byRoom].sort(([a], [b]) => (a < b ? -1 : 1)).map(([room, own]) => `## ${room}\n\n${roomTable(own)}\n`);
  return `# Reasons\n\n${INTRODUCTION}\n\n${parts.join('\n')}`;
}

const INTRODUCTION = `Every expected failure has a reason. Its first word is the room that decided. The journal and the operator see the reason;
the client sees the answer in its row, with a reference that finds the call in the journal.
Written by \`npm run docs\` from the reply table in \`packages/gateway/src/gateway\`.`;

function roomTable(rows: readonly ReplyRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.cells)))];
  const lines = rows
    .toSorted((a, b) => (a.reason < b.reason ? -1 : 1))
    .map((row) => [`\`${row.reason}\``, ...columns.map((c) => row.cells[c] ?? '')]);
  return table(['reason', ...columns], lines);
}
