import { LIMITS } from '../../base/limits.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import {
  declares,
  isObject,
  RELATED_TASK,
  readInputRequired,
  readTask,
  type Task,
  writeInputRequests,
  writeTask,
} from '../../protocol/index.ts';
import type { Call } from '../exchange.ts';
import { denied } from '../guard.ts';
import { declaredIn, mayHoldTasks, TASKS_UNDECLARED } from '../reverse/capabilities.ts';
import type { HeldTask } from '../reverse/tasks.ts';
import type { UpstreamSession } from '../upstream/upstream.ts';
import { requiredBy } from './ask-round.ts';
import type { Works } from './works.ts';

export type SettledTask =
  | { readonly kind: 'result'; readonly text: string; readonly isError: boolean }
  | { readonly kind: 'denied'; readonly denied: Deny };

/** Runs the result of the tool itself through the screens, as that of a call, and writes it in the client's revision. */
export type ScreenResult = (result: JsonObject) => Promise<SettledTask>;

const result = (value: JsonObject): SettledTask => ({ kind: 'result', text: JSON.stringify(value), isError: false });
const deny = (denial: Omit<Deny, 'verdict'>): SettledTask => ({ kind: 'denied', denied: { verdict: 'deny', ...denial } });
const invalid = (detail: string): SettledTask => deny({ reason: 'registry.result_invalid', detail });

/** Whether the answer to this call is a task: in 2025-11-25 because the client wished for one, in 2026-07-28 because the server says so. */
export function isTaskBegun({ exchange: { frame } }: Call, given: JsonObject): boolean {
  if (frame.params.kind !== 'call') return false;
  return frame.era === 'modern' ? given['resultType'] === 'task' : (frame.params.task ?? null) !== null;
}

/** A new task, under an id of ours. */
export async function beginTask(call: Call, given: JsonObject, upstream: UpstreamSession, works: Works): Promise<SettledTask> {
  const { frame, principal, id } = call.exchange;
  if (!mayHoldTasks(frame)) return { kind: 'denied', denied: TASKS_UNDECLARED };
  const task = readTask(frame.era === 'modern' ? given : given['task'], frame.era);
  if (typeof task === 'string') return invalid(task);
  const { target } = call;
  const of = {
    principal,
    session: frame.session,
    era: frame.era,
    server: target.server,
    upstream,
    qualifiedName: target.qualifiedName,
    arguments: Buffer.byteLength(JSON.stringify(call.arguments)) <= LIMITS.taskArgumentBytes ? call.arguments : null,
    parent: id,
  };
  const begun = await works.tasks.begin(of, task, () => call.exchange.place.handOver());
  if (!begun.ok) return { kind: 'denied', denied: denied(begun) };
  const held = begun.value;
  if (held === null) return deny({ reason: 'gateway.too_many_tasks' });
  const told = writeTask(task, held.id, held.ttl, frame.era);
  return result(frame.era === 'modern' ? { resultType: 'task', ...told } : { task: told });
}

/** What its server answered to a request about a task. */
export function settleTask(
  call: Call,
  task: HeldTask,
  given: JsonObject,
  screen: ScreenResult,
  works: Works,
): SettledTask | Promise<SettledTask> {
  switch (call.exchange.frame.method) {
    case 'tasks/result':
      return settleResult(task, given, screen, works);
    case 'tasks/update':
      return result({ resultType: 'complete' });
    case 'tasks/cancel':
      if (task.era === 'modern') return result({ resultType: 'complete' });
      return settleState(task, given, works);
    default:
      return task.era === 'modern' ? settleDetailed(call, task, given, screen, works) : settleState(task, given, works);
  }
}

function noted(task: HeldTask, given: JsonObject, works: Works): Task | string {
  const read = readTask(given, task.era);
  if (typeof read === 'string') return read;
  if (read.taskId !== task.upstreamId) return 'it tells of another task';
  works.tasks.note(task, read);
  if (read.status === 'failed' || read.status === 'cancelled') works.tasks.rest(task);
  return read;
}

function settleState(task: HeldTask, given: JsonObject, works: Works): SettledTask {
  const read = noted(task, given, works);
  return typeof read === 'string' ? invalid(read) : result(writeTask(read, task.id, task.ttl, task.era));
}

/** The result itself, which names its task (MCP 2025-11-25, tasks). */
async function settleResult(task: HeldTask, given: JsonObject, screen: ScreenResult, works: Works): Promise<SettledTask> {
  const meta = isObject(given['_meta']) ? given['_meta'] : {};
  const settled = await screen({ ...given, _meta: { ...meta, [RELATED_TASK]: { taskId: task.id } } });
  if (settled.kind === 'result') works.tasks.rest(task);
  return settled;
}

/** 2026-07-28: the state, and with it the result, the error or the questions. */
async function settleDetailed(call: Call, task: HeldTask, given: JsonObject, screen: ScreenResult, works: Works): Promise<SettledTask> {
  const read = noted(task, given, works);
  if (typeof read === 'string') return invalid(read);
  const told = { resultType: 'complete', ...writeTask(read, task.id, task.ttl, 'modern') };
  if (read.status === 'completed') {
    if (!isObject(given['result'])) return invalid('a completed task without its result');
    const settled = await screen(given['result']);
    if (settled.kind === 'denied') return settled;
    // What was fetched has arrived or is asked for again; what a stream carried may have to be fetched still.
    if (call.exchange.frame.kind === 'request') works.tasks.rest(task);
    return { ...settled, text: JSON.stringify({ ...told, result: JSON.parse(settled.text) }) };
  }
  if (read.status === 'failed') return result({ ...told, error: errorIn(given) });
  if (read.status === 'input_required') return settleQuestions(call, task, given, told, works);
  return result(told);
}

const errorIn = ({ error }: JsonObject): JsonObject =>
  isObject(error) && Number.isSafeInteger(error['code']) && typeof error['message'] === 'string'
    ? { code: error['code'] as number, message: error['message'].slice(0, 2000) }
    : { code: -32603, message: 'The task failed.' };

// Questions of a task are questions to the same person, and are held to the same rules.
async function settleQuestions(call: Call, task: HeldTask, given: JsonObject, told: JsonObject, works: Works): Promise<SettledTask> {
  const read = readInputRequired({ inputRequests: given['inputRequests'] ?? {}, requestState: '' });
  if (!read.ok)
    return read.reason === 'protocol.invalid_message' ? invalid(read.detail ?? 'inputRequests') : { kind: 'denied', denied: denied(read) };
  const asked = Object.values(read.value.asked).filter((one) => !declares(declaredIn(call.exchange.frame), one.takes));
  if (asked.length > 0) return deny({ reason: 'protocol.missing_capability', requires: requiredBy(asked) });
  const kept = await works.tasks.ask(task, call.exchange.principal, read.value.asked);
  if (!kept.ok) return { kind: 'denied', denied: denied(kept) };
  return result({ ...told, inputRequests: writeInputRequests(read.value.asked) });
}
