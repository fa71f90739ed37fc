import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Era } from '../../contracts/target.ts';
import { isObject } from '../json-rpc.ts';
import { isCount, isName, may, must, oneOf, readFields, type Test } from './fields.ts';

/** The extension of 2026-07-28 (SEP-2663); in 2025-11-25 tasks are part of the core. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
export const RELATED_TASK = 'io.modelcontextprotocol/related-task';

export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** A task as its server tells of it; ids are the server's own. */
export interface Task {
  readonly taskId: string;
  readonly status: TaskStatus;
  /** What goes on to the client besides the id and the time to live. */
  readonly told: JsonObject;
  /** Milliseconds from its creation; null where the server sets no bound. */
  readonly ttl: number | null;
}

const isTime: Test = (value) => typeof value === 'string' && value.length <= 64 && Number.isFinite(Date.parse(value));
const isShort: Test = (value) => typeof value === 'string' && Buffer.byteLength(value) <= 4096;
const isTtl: Test = (value) => value === null || isCount(value);

const COMMON = {
  taskId: must(isName),
  status: must(oneOf('working', 'input_required', 'completed', 'failed', 'cancelled')),
  statusMessage: may(isShort),
  createdAt: must(isTime),
  lastUpdatedAt: must(isTime),
};
const LEGACY = { ...COMMON, ttl: may(isTtl), pollInterval: may(isCount) };
const MODERN = { ...COMMON, ttlMs: may(isTtl), pollIntervalMs: may(isCount) };

/** Reads a task of either era; a text says what is wrong with it. */
export function readTask(value: JsonValue | undefined, era: Era): Task | string {
  if (!isObject(value)) return 'task is an object';
  const read = readFields(value, era === 'modern' ? MODERN : LEGACY);
  if (typeof read === 'string') return read;
  const { taskId, status, ttl, ttlMs, ...told } = read;
  return { taskId: String(taskId), status: status as TaskStatus, told, ttl: ((ttl ?? ttlMs) as number | undefined) ?? null };
}

/** The same towards a client, under an id and a time to live of ours. */
export const writeTask = ({ status, told }: Pick<Task, 'status' | 'told'>, id: string, ttl: number, era: Era): JsonObject => ({
  taskId: id,
  status,
  ...told,
  ...(era === 'modern' ? { ttlMs: ttl } : { ttl }),
});

export const isTerminal = (status: TaskStatus): boolean => status === 'completed' || status === 'failed' || status === 'cancelled';

/** What a client of 2025-11-25 asks of a call that is to run as a task. */
export function readTaskWish(value: JsonValue | undefined): { readonly ttl: number | null } | null | string {
  if (value === undefined) return null;
  if (!isObject(value)) return 'task is an object';
  const { ttl } = value;
  if (ttl !== undefined && !isTtl(ttl)) return 'task.ttl is a number of milliseconds';
  return { ttl: (ttl as number | null | undefined) ?? null };
}

export const isTaskId = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= LIMITS.idBytes;

/** Whether a tool runs as a task in 2025-11-25. Absent means that it does not. */
export function taskSupportOf({ execution }: JsonObject): 'required' | 'optional' | 'forbidden' {
  const said = isObject(execution) ? execution['taskSupport'] : undefined;
  return said === 'required' || said === 'optional' ? said : 'forbidden';
}
