import { LIMITS } from '../../base/limits.ts';
import { success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { MODERN, readResponses, writeTask } from '../../protocol/index.ts';
import type { Call } from '../exchange.ts';
import { denied } from '../guard.ts';
import { intentEntry } from '../records.ts';
import { refuseArguments } from '../screens/authorize-arguments.ts';
import { answerRecorded } from './answer-recorded.ts';
import { completeCall } from './forward-call.ts';
import { digestOf } from './given.ts';
import { type Handler, refuse } from './works.ts';

/** `tasks/*`: each is decided as a call of the task's tool, and recorded as one. The list is the gateway's own. */
export const forwardTask: Handler = async (exchange, answer, works) => {
  if (exchange.frame.method === 'tasks/list') return listTasks(exchange, answer, works);
  const { frame, principal, target } = exchange;
  const { params } = frame;
  const found = params.kind === 'task' ? await works.tasks.find(params.taskId, principal, frame.session?.id ?? null) : success(null);
  if (!found.ok) return refuse(exchange, denied(found), answer, works);
  const task = found.value;
  if (task === null || target === null || params.kind !== 'task')
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.unknown_task' }, answer, works);
  const responses = params.responses === null ? null : readResponses(task.asked, params.responses);
  if (responses?.ok === false)
    return refuse(
      exchange,
      { ...denied(responses), ...(responses.detail === undefined ? {} : { shown: responses.detail }) },
      answer,
      works,
    );
  const given: JsonObject = { taskId: task.id, ...(responses === null ? {} : { inputResponses: responses.value }) };
  const call: Call = { exchange, target, task, resumed: null, arguments: given, argumentsDigest: digestOf(given) };
  const refused = refuseArguments(call);
  if (refused !== null) return refuse(exchange, refused, answer, works);
  const intent = await works.journal.append(exchange.snapshot.tenant, intentEntry(call, works));
  if (!intent.ok) return refuse(exchange, { verdict: 'deny', reason: intent.reason }, answer, works);
  return completeCall(call, intent.value, answer, works);
};

/** The caller's own, as they stood when their servers last spoke of them. */
const listTasks: Handler = async (exchange, answer, works) => {
  const { frame, endpoint, principal } = exchange;
  const own = works.tasks
    .of(principal.id, frame.session?.id ?? null)
    .filter((task) => endpoint?.server == null || task.server === endpoint.server);
  const cursor = frame.params.kind === 'list' ? frame.params.cursor : null;
  const start = cursor === null ? 0 : own.findIndex((task) => task.id === cursor) + 1;
  if (cursor !== null && start === 0)
    return refuse(exchange, { verdict: 'deny', reason: 'protocol.invalid_params', shown: 'cursor' }, answer, works);
  const page = own.slice(start, start + LIMITS.pageSize);
  const last = page.at(-1);
  const more = last !== undefined && start + page.length < own.length ? { nextCursor: last.id } : {};
  const era = frame.revision === MODERN ? 'modern' : 'legacy';
  const tasks = page.map((task) => writeTask(task.last, task.id, task.ttl, era));
  return answerRecorded(exchange, answer, works, { tasks, ...more }, { listed: page.length });
};
