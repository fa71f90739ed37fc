import type { JsonObject } from '../../src/contracts/json.ts';

// What each method answers to a caller whose key works, written out for a reader: nothing here is computed from the product.
//
//   ok     answered            open  a stream that stays open      202  accepted; nothing to answer
//   --     there is no such prompt, resource or task
//   ----   is no method: answered as if it did not exist, whether it is coming or never was
//   -202   accepted as the transport asks of a notification, and refused: the journal says so
//   405    no such HTTP method in this revision
//
// No role stands here: what a role may reach with tools/call is tool-matrix.ts, and a list holds exactly that. A key that names its methods
// may use those and, of the others, only the ones that begin, keep and end a conversation (column `free`): the rest is `not`, error 40300.

export type MethodAnswer = 'ok' | '--' | 'open' | '202' | '----' | '-202' | '405';

export type Revision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28';
export const REVISIONS: readonly Revision[] = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

export interface MethodRow {
  readonly method: string;
  readonly kind: 'request' | 'notification' | 'http';
  readonly params: JsonObject;
  /** Whether a key with other methods may use it. */
  readonly free: boolean;
  /** In the order of REVISIONS. */
  readonly answers: string;
}

const asks = (method: string, answers: string, params: JsonObject = {}): MethodRow => ({
  method,
  kind: 'request',
  params,
  free: false,
  answers,
});
const free = (method: string, answers: string, params: JsonObject = {}): MethodRow => ({
  method,
  kind: 'request',
  params,
  free: true,
  answers,
});
const says = (method: string, answers: string, params: JsonObject = {}): MethodRow => ({
  method,
  kind: 'notification',
  params,
  free: true,
  answers,
});
const http = (method: string, answers: string): MethodRow => ({ method, kind: 'http', params: {}, free: true, answers });

const BEGIN = { protocolVersion: '', capabilities: {}, clientInfo: { name: 'matrix', version: '1' } };
const TASK = { taskId: 'task-1' };
const FILE = { uri: 'files+file:///never' };
const COMPLETION = { ref: { type: 'ref/prompt', name: 'files__never' }, argument: { name: 'x', value: '' } };

export const METHODS: readonly MethodRow[] = [
  //                                         2025-03-26 2025-06-18 2025-11-25 2026-07-28
  free('initialize', '                       ok         ok         ok         ----', BEGIN),
  free('ping', '                             ok         ok         ok         ----'),
  free('server/discover', '                  ----       ----       ----       ok'),
  asks('tools/list', '                       ok         ok         ok         ok'),
  asks('logging/setLevel', '                 ok         ok         ok         ----', { level: 'error' }),
  asks('subscriptions/listen', '             ----       ----       ----       open', { notifications: { toolsListChanged: true } }),

  asks('prompts/list', '                     ok         ok         ok         ok'),
  asks('resources/list', '                   ok         ok         ok         ok'),
  asks('resources/templates/list', '         ok         ok         ok         ok'),
  asks('prompts/get', '                      --         --         --         --', { name: 'files__never' }),
  asks('resources/read', '                   --         --         --         --', FILE),
  asks('resources/subscribe', '              --         --         --         ----', FILE),
  asks('resources/unsubscribe', '            --         --         --         ----', FILE),
  asks('completion/complete', '              --         --         --         --', COMPLETION),

  asks('tasks/get', '                        ----       ----       --         --', TASK),
  asks('tasks/result', '                     ----       ----       --         ----', TASK),
  asks('tasks/list', '                       ----       ----       ok         ----'),
  asks('tasks/cancel', '                     ----       ----       --         --', TASK),
  asks('tasks/update', '                     ----       ----       ----       --', { ...TASK, inputResponses: {} }),

  // What only servers ask.
  asks('sampling/createMessage', '           ----       ----       ----       ----'),
  asks('elicitation/create', '               ----       ----       ----       ----'),
  asks('roots/list', '                       ----       ----       ----       ----'),

  // What never was.
  asks('tools/delete', '                     ----       ----       ----       ----'),
  asks('admin/keys', '                       ----       ----       ----       ----'),
  asks('TOOLS/LIST', '                       ----       ----       ----       ----'),
  asks('__proto__', '                        ----       ----       ----       ----'),
  // A notification's name on a request.
  asks('notifications/initialized', '        ----       ----       ----       ----'),

  says('notifications/initialized', '        202        202        202        -202'),
  says('notifications/cancelled', '          202        202        202        202', { requestId: 'nobody-asked' }),
  says('notifications/progress', '           202        202        202        -202', { progressToken: 'none', progress: 1 }),
  says('notifications/roots/list_changed', ' 202        202        202        -202'),
  says('notifications/tasks/status', '       -202       -202       -202       -202', TASK),
  // A request's name on a notification.
  says('tools/call', '                       -202       -202       -202       -202', { name: 'files__read', arguments: {} }),
  // What only servers say.
  says('notifications/message', '            -202       -202       -202       -202', { level: 'error', data: 'x' }),
  says('notifications/progress/none', '      -202       -202       -202       -202'),
  says('notifications/tools/list_changed', ' -202       -202       -202       -202'),
  says('notifications/prompts/list_changed', '-202      -202       -202       -202'),
  says('notifications/resources/list_changed', '-202    -202       -202       -202'),
  says('notifications/resources/updated', '  -202       -202       -202       -202'),
  says('notifications/subscriptions/acknowledged', '-202 -202      -202       -202'),
  says('notifications/elicitation/complete', '-202      -202       -202       -202'),
  says('notifications/tasks', '              -202       -202       -202       -202'),

  http('GET', '                              open       open       open       405'),
  http('PUT', '                              405        405        405        405'),
  http('PATCH', '                            405        405        405        405'),
  http('OPTIONS', '                          405        405        405        405'),
  http('DELETE', '                           ok         ok         ok         405'), // last: it ends the session
];

export const answersOf = (row: MethodRow): readonly MethodAnswer[] => row.answers.trim().split(/\s+/) as MethodAnswer[];
