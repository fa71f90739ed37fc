import ts from 'typescript';
import { at, type Finding, literalText, nodes, type Project, product, type Source } from '../project.ts';
import { roomOf } from './rooms.ts';

const STATEMENT =
  /^\s*(select\s[\s\S]+\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|update\s+\S+\s+set\s|delete\s+from\s|create\s+(unique\s+)?(table|index|trigger|view)\s|alter\s+table\s|drop\s+(table|index)\s|pragma\s+\w+)/i;
const BUILDERS = new Set(['selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'replaceInto', 'mergeInto']);

/** SQL stands in a room's `store.ts` and its migrations, and in `storage`: nowhere else does a query need reviewing. */
export function sql(project: Project): readonly Finding[] {
  return [...product(project)].filter((source) => !mayHoldSql(source.path)).flatMap((source) => [...statements(source)]);
}

const mayHoldSql = (path: string): boolean => roomOf(path) === 'storage' || /\/(([a-z-]+-)?store\.ts|migrations\/)/.test(path);

function* statements(source: Source): Generator<Finding> {
  for (const node of nodes(source.ast)) {
    const text = literalText(node);
    if (text !== null && STATEMENT.test(text)) yield at(source, node, 'sql', 'SQL outside store.ts, migrations and storage');
    if (ts.isPropertyAccessExpression(node) && BUILDERS.has(node.name.text)) {
      yield at(source, node, 'sql', `a query (${node.name.text}) outside store.ts, migrations and storage`);
    }
  }
}
