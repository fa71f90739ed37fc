import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { OpenedRecord } from '../contracts/running.ts';

/** One call as a person follows it: what became of it, once that is known. */
export interface CallRow {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `sallyport log show REF` tells the rest. */
  readonly ref: string;
  readonly who: string;
  /** `server__tool`, else the method, else `-`. */
  readonly tool: string;
  readonly arguments: JsonValue;
  readonly decision: 'allowed' | 'refused' | 'failed' | 'unknown';
  /** Microseconds; null where the record has none. */
  readonly us: number | null;
  readonly why: string;
  /** How many refusals the row stands for. */
  readonly count: number;
}

/** Calls whose outcome has not come yet. More than these are under way only under load, and then their arguments are left out. */
const OPEN_CALLS = 1024;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const member = (payload: JsonValue, name: string): JsonValue => (isObject(payload) ? (payload[name] ?? null) : null);

const textOf = (value: JsonValue): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Joins the records of a call (intent and outcome, or its refusal) into rows. Lists, pings, administration and the gateway's own records give none. */
export function callRows(): (opened: OpenedRecord) => CallRow | null {
  const open = new Map<string, OpenedRecord>();
  return (opened) => {
    const { record } = opened;
    if (record.kind === 'intent') {
      if (open.size < OPEN_CALLS) open.set(record.id, opened);
      return null;
    }
    if (record.kind !== 'outcome' && record.kind !== 'refusal') return null;
    const intent = open.get(record.id);
    open.delete(record.id);
    return row(opened, intent);
  };
}

function row(opened: OpenedRecord, intent: OpenedRecord | undefined): CallRow {
  const { record } = opened;
  const from = (name: string): JsonValue => {
    const own = member(opened.payload, name);
    return own === null && intent !== undefined ? member(intent.payload, name) : own;
  };
  return {
    time: record.time,
    ref: record.id,
    who: textOf(from('name')) ?? record.principal ?? intent?.record.principal ?? textOf(from('address')) ?? '-',
    tool: toolOf(record) ?? toolOf(intent?.record) ?? nameAsked(record, textOf(from('detail'))) ?? record.method ?? '-',
    arguments: from('arguments'),
    decision: decisionOf(record),
    us: record.durationUs ?? guardTime(record),
    why: why(record, intent?.record, textOf(from('detail'))),
    // The count of an outcome is its progress notifications.
    count: record.kind === 'refusal' ? (record.count ?? 1) : 1,
  };
}

function toolOf(record: OpenedRecord['record'] | undefined): string | null {
  if (record?.tool === undefined) return null;
  return record.server === undefined || record.tool.startsWith(`${record.server}__`) ? record.tool : `${record.server}__${record.tool}`;
}

const nameAsked = (record: OpenedRecord['record'], detail: string | null): string | null =>
  record.reason !== undefined && record.reason in NAME_REFUSED ? detail : null;

/** A refusal took as long as its guards. */
const guardTime = ({ guards }: OpenedRecord['record']): number | null =>
  guards === undefined || guards.length === 0 ? null : guards.reduce((sum, guard) => sum + guard.us, 0);

function decisionOf(record: OpenedRecord['record']): CallRow['decision'] {
  if (record.kind === 'refusal' || record.status === 'refused') return 'refused';
  if (record.status === 'ok') return 'allowed';
  return record.status === 'error' ? 'failed' : 'unknown';
}

/** For these the detail is the name that was asked for, and the client may have been told less than what happened. */
const NAME_REFUSED: Readonly<Record<string, string>> = {
  'gateway.hidden_tool': 'no role or grant of this key reaches it (the client saw: no such tool)',
  'gateway.unknown_tool': 'no such tool is approved',
};

function why(record: OpenedRecord['record'], intent: OpenedRecord['record'] | undefined, detail: string | null): string {
  if (record.reason !== undefined) {
    return NAME_REFUSED[record.reason] ?? detail ?? record.reason;
  }
  if (record.status === 'error') return detail ?? 'the server answered with an error';
  if (record.status === 'unknown') return 'no outcome is known';
  const policies = (record.decision ?? intent?.decision)?.policies ?? [];
  return policies.map((policy) => policy.replace(/^role[.:/-]/, 'role ')).join(', ');
}
