import type { Revision } from './revision.ts';

/** From whom a message comes: `client` is towards servers, `server` towards clients. */
export type Direction = 'client' | 'server';

/** What decides which guards and screens run: a column of the line. */
export type MethodClass =
  | 'initialize'
  | 'ping'
  | 'discover'
  | 'list'
  | 'call'
  | 'read'
  | 'get'
  | 'complete'
  | 'subscribe'
  | 'log-level'
  | 'listen'
  | 'task'
  | 'server-request'
  | 'notification';

export interface MethodPlan {
  readonly class: MethodClass;
  readonly kind: 'request' | 'notification';
  readonly revisions: readonly Revision[];
  /** False: it is known, is coming, and answers as an unknown method until then. */
  readonly built: boolean;
  /** Units of the client's budget. */
  readonly units: 0 | 1;
  /** Whether a server sees it; else the gateway answers or acts on it itself. */
  readonly forwarded: boolean;
  /** The member of params that 2026-07-28 mirrors in `Mcp-Name`. */
  readonly nameFrom: 'name' | 'uri' | 'taskId' | null;
}

const ALL: readonly Revision[] = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];
const LEGACY: readonly Revision[] = ['2025-03-26', '2025-06-18', '2025-11-25'];
const ELICITING: readonly Revision[] = ['2025-06-18', '2025-11-25'];
const TASKS: readonly Revision[] = ['2025-11-25'];
const MODERN: readonly Revision[] = ['2026-07-28'];

const request = (
  className: MethodClass,
  revisions: readonly Revision[],
  built: boolean,
  more: Partial<Pick<MethodPlan, 'units' | 'forwarded' | 'nameFrom'>> = {},
): MethodPlan => ({ class: className, kind: 'request', revisions, built, units: 1, forwarded: true, nameFrom: null, ...more });

const notification = (revisions: readonly Revision[], built: boolean, forwarded: boolean): MethodPlan => ({
  class: 'notification',
  kind: 'notification',
  revisions,
  built,
  units: 0,
  forwarded,
  nameFrom: null,
});

const OWN = { forwarded: false } as const;

type ClientMethod =
  | 'initialize'
  | 'ping'
  | 'server/discover'
  | 'tools/list'
  | 'tools/call'
  | 'prompts/list'
  | 'prompts/get'
  | 'resources/list'
  | 'resources/templates/list'
  | 'resources/read'
  | 'resources/subscribe'
  | 'resources/unsubscribe'
  | 'completion/complete'
  | 'logging/setLevel'
  | 'subscriptions/listen'
  | 'tasks/get'
  | 'tasks/result'
  | 'tasks/list'
  | 'tasks/cancel'
  | 'tasks/update'
  | 'notifications/initialized'
  | 'notifications/cancelled'
  | 'notifications/progress'
  | 'notifications/roots/list_changed'
  | 'notifications/tasks/status';

type ServerMethod =
  | 'ping'
  | 'sampling/createMessage'
  | 'elicitation/create'
  | 'roots/list'
  | 'tasks/get'
  | 'tasks/result'
  | 'tasks/list'
  | 'tasks/cancel'
  | 'notifications/cancelled'
  | 'notifications/progress'
  | 'notifications/message'
  | 'notifications/tools/list_changed'
  | 'notifications/prompts/list_changed'
  | 'notifications/resources/list_changed'
  | 'notifications/resources/updated'
  | 'notifications/subscriptions/acknowledged'
  | 'notifications/elicitation/complete'
  | 'notifications/tasks/status'
  | 'notifications/tasks';

// Tasks left the core after 2025-11-25 and came back as an extension with get, update and cancel (SEP-2663).
const TASK = { nameFrom: 'taskId' } as const;

const CLIENT = {
  initialize: request('initialize', LEGACY, true, OWN),
  ping: request('ping', LEGACY, true, { units: 0, forwarded: false }),
  'server/discover': request('discover', MODERN, true, OWN),
  'tools/list': request('list', ALL, true, OWN),
  'tools/call': request('call', ALL, true, { nameFrom: 'name' }),
  'prompts/list': request('list', ALL, true, OWN),
  'prompts/get': request('get', ALL, true, { nameFrom: 'name' }),
  'resources/list': request('list', ALL, true, OWN),
  'resources/templates/list': request('list', ALL, true, OWN),
  'resources/read': request('read', ALL, true, { nameFrom: 'uri' }),
  'resources/subscribe': request('subscribe', LEGACY, true),
  'resources/unsubscribe': request('subscribe', LEGACY, true),
  'completion/complete': request('complete', ALL, true),
  'logging/setLevel': request('log-level', LEGACY, true),
  'subscriptions/listen': request('listen', MODERN, true, OWN),
  'tasks/get': request('task', [...TASKS, ...MODERN], true, TASK),
  'tasks/result': request('task', TASKS, true, TASK),
  'tasks/list': request('task', TASKS, true, OWN),
  'tasks/cancel': request('task', [...TASKS, ...MODERN], true, TASK),
  'tasks/update': request('task', MODERN, true, TASK),
  'notifications/initialized': notification(LEGACY, true, false),
  'notifications/cancelled': notification(ALL, true, true),
  'notifications/progress': notification(LEGACY, true, false),
  'notifications/roots/list_changed': notification(LEGACY, true, true),
  'notifications/tasks/status': notification(TASKS, false, true),
} as const satisfies Record<ClientMethod, MethodPlan>;

const asks = (revisions: readonly Revision[], built: boolean): MethodPlan => request('server-request', revisions, built, { units: 0 });

const SERVER = {
  ping: request('ping', LEGACY, true, { units: 0, forwarded: false }),
  'sampling/createMessage': asks(LEGACY, true),
  'elicitation/create': asks(ELICITING, true),
  'roots/list': asks(LEGACY, true),
  'tasks/get': asks(TASKS, false),
  'tasks/result': asks(TASKS, false),
  'tasks/list': asks(TASKS, false),
  'tasks/cancel': asks(TASKS, false),
  'notifications/cancelled': notification(ALL, true, false),
  'notifications/progress': notification(ALL, true, true),
  'notifications/message': notification(ALL, true, true),
  'notifications/tools/list_changed': notification(ALL, true, false),
  'notifications/prompts/list_changed': notification(ALL, true, false),
  'notifications/resources/list_changed': notification(ALL, true, false),
  'notifications/resources/updated': notification(ALL, true, true),
  'notifications/subscriptions/acknowledged': notification(MODERN, true, false),
  'notifications/elicitation/complete': notification(TASKS, true, true),
  'notifications/tasks/status': notification(TASKS, true, true),
  'notifications/tasks': notification(MODERN, true, true),
} as const satisfies Record<ServerMethod, MethodPlan>;

/** Every method of every revision, by who sends it. A method without a row cannot be forwarded. */
export const METHODS: Readonly<Record<Direction, Readonly<Record<string, MethodPlan>>>> = { client: CLIENT, server: SERVER };

const INDEX: Readonly<Record<Direction, ReadonlyMap<string, MethodPlan>>> = {
  client: new Map(Object.entries(CLIENT)),
  server: new Map(Object.entries(SERVER)),
};

/** The row of a method, or null where the revision does not have it in that direction: it is answered as unknown. */
export function planOf(method: string, revision: Revision, direction: Direction): MethodPlan | null {
  const plan = INDEX[direction].get(method);
  return plan?.revisions.includes(revision) ? plan : null;
}
