import { encodePublicPart, MAX_RECORD_BYTES } from './encode.ts';
import type { PublicPart } from './record.ts';

export type DecodeReason =
  | 'ledger.record_too_large'
  | 'ledger.not_utf8'
  | 'ledger.not_json'
  | 'ledger.not_a_record'
  | 'ledger.not_canonical';

export type DecodeResult = { readonly ok: true; readonly value: PublicPart } | { readonly ok: false; readonly reason: DecodeReason };

type Check = (value: unknown) => boolean;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const text: Check = (value) => typeof value === 'string';
const finite: Check = (value) => Number.isFinite(value);
const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && names.includes(value);
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([key, check]) => check(value[key]));

const VERDICTS = oneOf('pass', 'deny', 'revise', 'hold');

const REQUIRED: readonly (keyof PublicPart)[] = ['v', 'kind', 'tenant', 'id', 'time', 'via'];

const FIELDS = {
  v: (value) => value === 1,
  kind: oneOf('intent', 'outcome', 'answer', 'refusal', 'authentication', 'administration', 'system'),
  tenant: text,
  id: text,
  time: finite,
  principal: text,
  credential: text,
  via: oneOf('mcp', 'api', 'gateway'),
  method: text,
  revision: text,
  server: text,
  tool: text,
  prompt: text,
  template: text,
  pin: text,
  decision: shape({ effect: oneOf('allow', 'deny'), inputs: optional(text), policies: listOf(text), version: text }),
  snapshot: text,
  guards: listOf(shape({ guard: text, verdict: VERDICTS, us: finite })),
  status: oneOf('ok', 'error', 'refused', 'unknown'),
  reason: text,
  argumentsDigest: text,
  resultDigest: text,
  resultBytes: finite,
  durationUs: finite,
  intent: finite,
  parent: text,
  count: finite,
  action: text,
  object: text,
  sealed: shape({ digest: text, bytes: finite, key: text }),
} satisfies Record<keyof PublicPart, Check>;

/**
 * Reads the canonical bytes of a public part. Anything that this version would have written otherwise is refused: another order, white
 * space, a duplicate or unknown key, an escape that was not needed. So two verifiers never read one leaf in two ways.
 */
export function decodePublicPart(bytes: Uint8Array): DecodeResult {
  if (bytes.length > MAX_RECORD_BYTES) return { ok: false, reason: 'ledger.record_too_large' };
  const source = decodeUtf8(bytes);
  if (source === null) return { ok: false, reason: 'ledger.not_utf8' };
  const value = parse(source);
  if (value === undefined) return { ok: false, reason: 'ledger.not_json' };
  if (!isPublicPart(value)) return { ok: false, reason: 'ledger.not_a_record' };
  // The encoder writes nothing but known fields, once and in order: equality excludes all others.
  const again = encodePublicPart(value);
  return again.ok && again.value === source ? { ok: true, value } : { ok: false, reason: 'ledger.not_canonical' };
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPublicPart(value: unknown): value is PublicPart {
  if (!isObject(value) || !REQUIRED.every((key) => Object.hasOwn(value, key))) return false;
  return Object.entries(FIELDS).every(([key, check]) => !Object.hasOwn(value, key) || check(value[key]));
}
