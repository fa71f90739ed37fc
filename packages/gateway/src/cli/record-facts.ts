import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { OpenedRecord } from '../contracts/running.ts';
import { asciiJson } from './call-line.ts';
import { changeLines } from './change-lines.ts';
import { sanitize } from './render/sanitize.ts';
import { dateTime, duration } from './render/time.ts';

type Line = readonly [string, string];

/** One record for its reader: what happened, each guard with its time, what decided, who it was and how that was proved, where it stands. */
export function recordFacts({ index, leaf, record, payload }: OpenedRecord): readonly Line[] {
  const sealed = payload !== null && typeof payload === 'object' && !Array.isArray(payload) ? (payload as JsonObject) : {};
  const lines: (Line | null)[] = [
    ['record', `${record.kind} · ${record.status ?? 'no outcome yet'}${record.reason === undefined ? '' : ` · ${record.reason}`}`],
    line('why', sealed['detail']),
    ['time', dateTime(record.time)],
    ['ref', record.id],
    line('parent', record.parent),
    line('what', record.action === undefined ? undefined : [record.action, record.object].filter((part) => part !== undefined).join(' ')),
    line('tool', record.tool === undefined ? undefined : `${record.server ?? ''}__${record.tool}`),
    line(
      'method',
      record.method === undefined ? undefined : `${record.method}${record.revision === undefined ? '' : ` (${record.revision})`}`,
    ),
    ['who', who(record, sealed)],
    line('proved by', record.credential === undefined ? undefined : `API key ${record.credential}`),
    line('from', sealed['address']),
    line('purpose', sealed['purpose']),
    ...(record.guards ?? []).map(
      (guard, position): Line => [position === 0 ? 'guards' : '', `${guard.guard} ${guard.verdict} ${duration(guard.us)}`],
    ),
    line(
      'decision',
      record.decision === undefined
        ? undefined
        : `${record.decision.effect} by ${record.decision.policies.join(', ') || 'nothing that permits'}`,
    ),
    line('policies', record.decision?.version),
    line('took', record.durationUs === undefined ? undefined : duration(record.durationUs)),
    line('stands for', record.kind === 'refusal' && record.count !== undefined ? `${record.count} refusals` : undefined),
    ...changed(sealed),
    ...Object.entries(sealed)
      .filter(([name]) => !TOLD.has(name))
      .map(([name, value]): Line => [sanitize(name), asciiJson(value)]),
    ['place', `${record.tenant} ${index}${record.intent === undefined ? '' : ` · closes ${record.intent}`}`],
    ['leaf', leaf],
    line('snapshot', record.snapshot),
  ];
  return lines.filter((entry) => entry !== null);
}

/** Members of a payload that have lines of their own. */
const TOLD: ReadonlySet<string> = new Set(['detail', 'name', 'address', 'purpose', 'before', 'after']);

function changed({ before = null, after = null }: JsonObject): readonly Line[] {
  return changeLines(before, after).map((text, position): Line => [position === 0 ? 'changed' : '', text]);
}

const line = (title: string, value: JsonValue | undefined): Line | null =>
  typeof value === 'string' && value !== '' ? [title, sanitize(value)] : null;

function who(record: OpenedRecord['record'], sealed: JsonObject): string {
  const name = sealed['name'];
  const known = record.principal ?? 'nobody who proved who they are';
  return typeof name === 'string' ? `${sanitize(name)} · ${known}` : known;
}
