import { type ExchangeId, type ServerId, ulid } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { readTask, writeTask } from '../../protocol/index.ts';
import type { Session } from '../downstream/sessions.ts';
import type { Works } from '../methods/works.ts';
import { deliver } from './deliver.ts';
import type { HeldTask } from './tasks.ts';

const METHOD = 'notifications/tasks/status';
const told = new WeakMap<HeldTask, number>();

/** A server's word on a task that this very session began; each is recorded before it goes on, and there is an end to them. */
export function tellTaskStatus(session: Session, server: ServerId, params: JsonObject, works: Works): void {
  const task = readTask(params, 'legacy');
  const held = typeof task === 'string' ? null : works.tasks.byUpstream(session, server, task.taskId);
  if (typeof task === 'string' || held === null) return;
  const count = (told.get(held) ?? 0) + 1;
  told.set(held, count);
  if (count > LIMITS.statusesPerTask) return;
  works.tasks.note(held, task);
  const { tenant } = session.principal;
  const now = works.clock.now();
  const record = {
    v: 1 as const,
    kind: 'answer' as const,
    tenant,
    id: ulid(now) as ExchangeId,
    time: now,
    via: 'mcp' as const,
    principal: session.principalId,
    credential: session.principal.credential.id,
    method: METHOD,
    revision: session.revision,
    server,
    parent: held.parent,
    status: 'ok' as const,
  };
  const message = writeTask(task, held.id, held.ttl, 'legacy');
  void works.journal.append(tenant, { record, secret: Buffer.from(JSON.stringify({ arguments: message })) }).then((recorded) => {
    if (recorded.ok) deliver(session, server, null, JSON.stringify({ jsonrpc: '2.0', method: METHOD, params: message }));
  });
}
