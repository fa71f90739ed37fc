import { Agent } from 'node:http';
import {
  ADMIN,
  ADMIN_ROLES,
  answersOf as adminAnswersOf,
  REACH_KEYS,
  REACHES,
  type ReachKey,
  type ReachRow,
  reachAnswersOf,
} from './admin-matrix.ts';
import type { Cells } from './ledger-of-cells.ts';
import type { MatrixGateway } from './objects.ts';
import { ask } from './raw.ts';

const ROLES = ['admin', 'auditor'] as const;
type AskingRole = (typeof ROLES)[number];

/** Every kind of narrow key of an admin and of an auditor asks everything of REACHES over the network listener. */
export async function runReach({ gateway }: MatrixGateway, cells: Cells): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  try {
    for (const [column, key] of REACH_KEYS.entries())
      for (const role of ROLES) {
        const { kind, scopes, methods, networks } = key;
        const { text } = await gateway.key({ name: `${role}, ${kind}`, roles: [role], scopes, methods, networks });
        for (const row of REACHES) {
          const headers = { authorization: `Bearer ${text}`, ...(row.body === null ? {} : { 'content-type': 'application/json' }) };
          const body = row.body === null ? {} : { body: JSON.stringify(row.body) };
          const url = gateway.running.adminUrl + row.path;
          const told = await ask({ agent, url, method: row.method, headers, ...body, leave: true });
          settle(cells, `${role}, ${kind}: ${row.method} ${row.path} ${body.body ?? ''}`, told, expectedOf(row, column, key, role));
        }
      }
  } finally {
    agent.destroy();
  }
}

interface Expected {
  readonly statuses: readonly number[];
  /** What the answer and the journal must say; null where it is not refused, or where nobody knew who asked. */
  readonly reason: string | null;
  readonly unknown: boolean;
}

function expectedOf(row: ReachRow, column: number, key: ReachKey, role: AskingRole): Expected {
  const answer = reachAnswersOf(row)[column];
  if (answer === '401') return { statuses: [401, 429], reason: null, unknown: true };
  const refused = (reason: string): Expected => ({ statuses: [403], reason, unknown: false });
  // What only admins do is refused to an auditor for the role, however far the key reaches.
  if (!mayByRole(row, role)) return refused('identity.role_required');
  if (answer === 'no') return refused(key.methods === null ? 'admin.scope_too_narrow' : 'admin.key_for_methods');
  return { statuses: [200, 201, 400, 404, 409], reason: null, unknown: false };
}

/** As the table of roles says of the same verb; its rows name nothing that exists. */
function mayByRole({ method, path }: ReachRow, role: AskingRole): boolean {
  const shape = (text: string): string => (text.split('?', 1)[0] ?? '').replaceAll(/\/(one|two|three|none|key_none)(?=\/|$)/g, '/none');
  const found = ADMIN.find((one) => one.method === method && shape(one.path) === shape(path));
  if (found === undefined) throw new Error(`no row of roles for ${method} ${path}`);
  return adminAnswersOf(found)[ADMIN_ROLES.indexOf(role)] === 'yes';
}

function settle(cells: Cells, cell: string, told: { readonly status: number; readonly body: string }, expected: Expected): void {
  cells.count += 1;
  if (!expected.statuses.includes(told.status))
    cells.mismatch(cell, expected.statuses.join(' or '), `${told.status} ${told.body.slice(0, 160)}`);
  if (expected.unknown) cells.refusedUnknown('api');
  if (expected.reason === null || told.status !== 403) return;
  const { error } = JSON.parse(told.body) as { error: { reason: string; ref: string } };
  if (error.reason !== expected.reason) cells.mismatch(cell, expected.reason, error.reason);
  cells.refusedByApi(cell, error.ref, expected.reason);
}
