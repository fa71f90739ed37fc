import { type ExchangeId, ulid } from '../../base/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import type { Task } from '../../protocol/index.ts';
import type { Call, Exchange } from '../exchange.ts';
import { denied } from '../guard.ts';
import { describe } from '../line.ts';
import { refusalEntry, toldEntry } from '../records.ts';
import type { HeldTask } from '../reverse/tasks.ts';
import { refuseArguments } from '../screens/authorize-arguments.ts';
import { visibleTo } from '../visible.ts';
import { screenResult } from './forward-call.ts';
import { digestOf } from './given.ts';
import { type SettledTask, settleTask } from './settle-task.ts';
import type { Works } from './works.ts';

const METHOD = 'notifications/tasks';

export type AboutTask = { readonly kind: 'call'; readonly call: Call } | { readonly kind: 'denied'; readonly denied: Deny };

/**
 * An exchange of its own about a task, under the policies of now: what is told on a listen stream is decided, screened and recorded like the answer to a
 * `tasks/get`, without a request for it.
 */
export function aboutTask(listening: Exchange, task: HeldTask, works: Works): AboutTask {
  const { principal } = listening;
  const snapshot = works.snapshots.current(principal.tenant);
  const target = visibleTo(snapshot, principal).tool.byQualifiedName.get(task.qualifiedName);
  if (target === undefined || task.expiresAt <= works.clock.now()) return refused({ verdict: 'deny', reason: 'gateway.unknown_task' });
  const decision = snapshot.policy.decide(principal, 'call', target);
  if (!decision.ok) return refused(denied(decision));
  const exchange: Exchange = {
    ...listening,
    id: ulid(works.clock.now()) as ExchangeId,
    receivedAt: works.clock.now(),
    startedAt: works.clock.monotonic(),
    snapshot,
    trace: [],
    frame: {
      ...listening.frame,
      kind: 'notification',
      id: null,
      method: METHOD,
      plan: { class: 'task', units: 0 },
      params: { kind: 'task', taskId: task.id, responses: null, progressToken: null },
    },
    target,
    decision: decision.value,
  };
  const given: JsonObject = { taskId: task.id };
  const call: Call = { exchange, target, task, resumed: null, arguments: given, argumentsDigest: digestOf(given) };
  if (decision.value.effect === 'deny')
    return refused({
      verdict: 'deny',
      reason: 'policy.denied',
      decided: { action: 'call', target, decision: decision.value },
      detail: decision.value.policies.join(', ') || 'nothing permits it',
    });
  const refusal = refuseArguments(call);
  return refusal === null ? { kind: 'call', call } : refused(refusal);
}

const refused = (denial: Deny): AboutTask => ({ kind: 'denied', denied: denial });

export interface ToldTask {
  readonly status: Task['status'];
  /** Of `notifications/tasks`: the task in full, under our id. */
  readonly params: JsonObject;
}

/** Null where it must not go on; that is recorded. What goes on is in a durable record first. */
export async function tellTask(listening: Exchange, task: HeldTask, state: JsonObject, works: Works): Promise<ToldTask | null> {
  const about = aboutTask(listening, task, works);
  if (about.kind === 'denied') return refuse(listening, task, about.denied, null, works);
  const { call } = about;
  const settled = await settleSafely(call, task, state, works);
  if (settled.kind === 'denied') return refuse(call.exchange, task, settled.denied, call, works);
  const recorded = await works.journal.append(call.exchange.snapshot.tenant, toldEntry(call, settled.text, works));
  if (!recorded.ok) return null;
  const { resultType: _, ...params } = JSON.parse(settled.text) as JsonObject;
  return { status: params['status'] as Task['status'], params };
}

async function settleSafely(call: Call, task: HeldTask, state: JsonObject, works: Works): Promise<SettledTask> {
  try {
    return await settleTask(
      call,
      task,
      state,
      async (result) => screenResult(call, { result, text: JSON.stringify(result) }, works),
      works,
    );
  } catch (fault) {
    works.log.error('gateway.fault', { ref: call.exchange.id, fault: describe(fault) });
    return { kind: 'denied', denied: { verdict: 'deny', reason: 'gateway.fault', detail: describe(fault) } };
  }
}

// A server causes them at will: folded by principal and server.
async function refuse(exchange: Exchange, task: HeldTask, denial: Deny, call: Call | null, works: Works): Promise<null> {
  const target = exchange.snapshot.tools.get(task.qualifiedName) ?? null;
  const about = { ...exchange, target, frame: { ...exchange.frame, method: METHOD } };
  const entry = refusalEntry(about, denial, works, call);
  await works.journal.refuse(exchange.snapshot.tenant, `tasks of ${task.server} to ${exchange.principal.id}`, entry);
  return null;
}
