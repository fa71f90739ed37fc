import type { GuardResult, PublicPart } from './record.ts';

/** C2SP tlog-tiles gives an entry a length of 16 bits. */
export const MAX_RECORD_BYTES = 65_535;

export type EncodeReason = 'ledger.record_too_large' | 'ledger.no_canonical_form';

export type EncodeResult = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: EncodeReason };

const PLAIN = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/** What cannot be written leaves this behind, so that one test of the finished text refuses it (no canonical form holds a lone surrogate). */
const UNWRITABLE = '\ud800';

/**
 * The canonical form (RFC 8785) of a public part, written by a template of its fixed shape because a call waits for it twice: a
 * microsecond or two where a generic encoder takes ten. Fields that are undefined are left out; fields of no record are never written.
 * `commitment` stands in for `record.sealed`, so that a writer need not copy the record to add it.
 */
export function encodePublicPart(record: PublicPart, commitment: PublicPart['sealed'] = record.sealed): EncodeResult {
  const text = `{${firstHalf(record)}${secondHalf(record, commitment)}}`;
  if (!text.isWellFormed()) return { ok: false, reason: 'ledger.no_canonical_form' };
  // A UTF-16 unit takes at most three bytes, so short texts need no count.
  const large = text.length > MAX_RECORD_BYTES / 3 && Buffer.byteLength(text) > MAX_RECORD_BYTES;
  return large ? { ok: false, reason: 'ledger.record_too_large' } : { ok: true, value: text };
}

// Keys stand in the order of their UTF-16 code units. `id` is in every record: what stands before it ends with a comma, what comes after begins with one.
function firstHalf(r: PublicPart): string {
  return (
    (r.action === undefined ? '' : `"action":${quote(r.action)},`) +
    (r.argumentsDigest === undefined ? '' : `"argumentsDigest":${quote(r.argumentsDigest)},`) +
    (r.count === undefined ? '' : `"count":${number(r.count)},`) +
    (r.credential === undefined ? '' : `"credential":${quote(r.credential)},`) +
    (r.decision === undefined ? '' : `"decision":${decision(r.decision)},`) +
    (r.durationUs === undefined ? '' : `"durationUs":${number(r.durationUs)},`) +
    (r.guards === undefined ? '' : `"guards":${guards(r.guards)},`) +
    `"id":${quote(r.id)}` +
    (r.intent === undefined ? '' : `,"intent":${number(r.intent)}`) +
    `,"kind":"${r.kind}"` +
    (r.method === undefined ? '' : `,"method":${quote(r.method)}`) +
    (r.object === undefined ? '' : `,"object":${quote(r.object)}`) +
    (r.parent === undefined ? '' : `,"parent":${quote(r.parent)}`)
  );
}

function secondHalf(r: PublicPart, commitment: PublicPart['sealed']): string {
  return (
    (r.pin === undefined ? '' : `,"pin":${quote(r.pin)}`) +
    (r.principal === undefined ? '' : `,"principal":${quote(r.principal)}`) +
    (r.prompt === undefined ? '' : `,"prompt":${quote(r.prompt)}`) +
    (r.reason === undefined ? '' : `,"reason":${quote(r.reason)}`) +
    (r.resultBytes === undefined ? '' : `,"resultBytes":${number(r.resultBytes)}`) +
    (r.resultDigest === undefined ? '' : `,"resultDigest":${quote(r.resultDigest)}`) +
    (r.revision === undefined ? '' : `,"revision":${quote(r.revision)}`) +
    (commitment === undefined ? '' : `,"sealed":${sealed(commitment)}`) +
    (r.server === undefined ? '' : `,"server":${quote(r.server)}`) +
    (r.snapshot === undefined ? '' : `,"snapshot":${quote(r.snapshot)}`) +
    (r.status === undefined ? '' : `,"status":"${r.status}"`) +
    (r.template === undefined ? '' : `,"template":${quote(r.template)}`) +
    `,"tenant":${quote(r.tenant)},"time":${number(r.time)}` +
    (r.tool === undefined ? '' : `,"tool":${quote(r.tool)}`) +
    `,"v":${number(r.v)},"via":"${r.via}"`
  );
}

function decision(d: NonNullable<PublicPart['decision']>): string {
  const inputs = d.inputs === undefined ? '' : `"inputs":${quote(d.inputs)},`;
  return `{"effect":"${d.effect}",${inputs}"policies":[${d.policies.map(quote).join(',')}],"version":${quote(d.version)}}`;
}

function guards(list: readonly GuardResult[]): string {
  let text = '';
  for (const g of list) text += `${text === '' ? '' : ','}{"guard":${guardName(g.guard)},"us":${number(g.us)},"verdict":"${g.verdict}"}`;
  return `[${text}]`;
}

// A line has a dozen guards, and every record names most of them.
const guardNames = new Map<string, string>();
const MOST_GUARDS = 100;

function guardName(name: string): string {
  const known = guardNames.get(name);
  if (known !== undefined) return known;
  const text = quote(name);
  if (guardNames.size < MOST_GUARDS) guardNames.set(name, text);
  return text;
}

function sealed(s: NonNullable<PublicPart['sealed']>): string {
  return `{"bytes":${number(s.bytes)},"digest":${quote(s.digest)},"key":${quote(s.key)}}`;
}

// JSON.stringify would hide a lone surrogate behind an escape, so such a text is left as it is and refused at the end.
function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return text.isWellFormed() ? JSON.stringify(text) : UNWRITABLE;
}

function number(value: number): string {
  return Number.isFinite(value) ? `${value}` : UNWRITABLE;
}
