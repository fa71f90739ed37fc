import { foldName } from '../../base/argument-rules.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { ArgumentRecord, ArgumentType, Member } from './argument-type.ts';

/**
 * The part of a tool's arguments that policies read: small, and all that a decision and its record need. Other declared names that look like a kept one are
 * remembered, so that they are not taken for somebody's trick.
 */
export function restrict(type: ArgumentRecord, reads: readonly (readonly string[])[]): ArgumentRecord {
  const members: Record<string, Member> = Object.create(null);
  for (const [name, below] of Map.groupBy(
    reads.filter((path) => path.length > 0),
    ([first]) => first ?? '',
  )) {
    const member = Object.hasOwn(type.members, name) ? type.members[name] : undefined;
    if (member === undefined) continue;
    const deeper = below.map((path) => path.slice(1)).filter((path) => path.length > 0);
    members[name] = member.type.kind === 'record' ? { ...member, type: restrict(member.type, deeper) } : member;
  }
  const kept = new Set(Object.keys(members).map(foldName));
  const alike = Object.keys(type.members).filter((name) => !Object.hasOwn(members, name) && kept.has(foldName(name)));
  return alike.length === 0 ? { kind: 'record', members } : { kind: 'record', members, alike };
}

/** As Cedar's schema language writes it. What has no Cedar type is left out: a policy that reads it is refused by its author's schema. */
export function schemaText(type: ArgumentType): string {
  if (type.kind === 'Set') return `Set<${type.of}>`;
  if (type.kind !== 'record') return type.kind;
  const members = Object.entries(type.members).filter(([, { type: of }]) => of.kind !== 'none');
  return `{${members.map(([name, { type: of, required }]) => `${quoted(name)}${required ? '' : '?'}: ${schemaText(of)}`).join(', ')}}`;
}

/** A name as a Cedar text. Names come from servers: nothing in one can end the text. */
const quoted = (name: string): string =>
  `"${[...name].map((char) => (/[A-Za-z0-9_ -]/.test(char) ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)).join('')}"`;

export type Comparable = { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly why: string };

/**
 * The arguments that policies read, as Cedar takes them. They have passed the tool's schema; what Cedar still cannot hold (a text of 100 KB, a number with
 * five decimals) is refused rather than left out, since a forbid that does not see it would not hold.
 */
export function comparable(type: ArgumentRecord, given: JsonObject): Comparable {
  const value: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(type.members)) {
    const alias = aliasOf(name, given, type);
    if (alias !== null) return { ok: false, why: `${shortName(alias)}: is too much like ${shortName(name)}` };
    const raw = Object.hasOwn(given, name) ? given[name] : undefined;
    if (raw === undefined || raw === null || member.type.kind === 'none') continue;
    const read = scalarOrMore(member.type, raw);
    if (!read.ok) return { ok: false, why: `${shortName(name)}: ${read.why}` };
    value[name] = read.value;
  }
  return { ok: true, value };
}

type ReadValue = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly why: string };

const MOST_TEXT = 65_536;
const MOST_ITEMS = 1000;

function scalarOrMore(type: ArgumentType, raw: JsonValue): ReadValue {
  if (type.kind === 'record') return isObject(raw) ? comparable(type, raw) : unfit('it is no object');
  if (type.kind !== 'Set') return scalar(type.kind, raw);
  if (!Array.isArray(raw)) return unfit('it is no list');
  if (raw.length > MOST_ITEMS) return unfit(`it has more than ${MOST_ITEMS} items`);
  const items = raw.map((item) => scalar(type.of, item));
  const wrong = items.find((item) => !item.ok);
  return wrong ?? { ok: true, value: items.flatMap((item) => (item.ok ? [item.value] : [])) };
}

function scalar(kind: ArgumentType['kind'], raw: JsonValue): ReadValue {
  if (kind === 'String' && typeof raw === 'string')
    return Buffer.byteLength(raw) > MOST_TEXT ? unfit(`it is longer than ${MOST_TEXT} bytes`) : { ok: true, value: raw };
  if (kind === 'Bool' && typeof raw === 'boolean') return { ok: true, value: raw };
  if (kind === 'Long' && typeof raw === 'number')
    return Number.isSafeInteger(raw) ? { ok: true, value: raw } : unfit('it is no whole number');
  if (kind === 'decimal' && typeof raw === 'number') return decimal(raw);
  return unfit('it is of another type than its schema says');
}

/** Cedar's decimals have four places, and at most 922337203685477.5807. */
function decimal(raw: number): ReadValue {
  const text = String(raw);
  const [whole = '', places = '0'] = text.split('.');
  if (!/^-?\d{1,15}$/.test(whole) || !/^\d{1,4}$/.test(places) || Math.abs(raw) >= 922_337_203_685_477)
    return unfit('it has more digits than policies can compare');
  return { ok: true, value: { __extn: { fn: 'decimal', arg: `${whole}.${places}` } } };
}

const unfit = (why: string): ReadValue => ({ ok: false, why });

/** A name that is not declared and that a server might take for the declared one: other letter case, full width, and the like. */
function aliasOf(name: string, given: JsonObject, type: ArgumentRecord): string | null {
  const folded = foldName(name);
  return (
    Object.keys(given).find(
      (other) =>
        other !== name && !Object.hasOwn(type.members, other) && type.alike?.includes(other) !== true && foldName(other) === folded,
    ) ?? null
  );
}

const shortName = (name: string): string => name.slice(0, 64);

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
