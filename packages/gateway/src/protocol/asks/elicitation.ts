import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import { isName, isProse, isRecord, may, must, oneOf, readFields } from './fields.ts';
import { misfit, readForm } from './form.ts';

const FORM = { mode: may(oneOf('form')), message: must(isProse), requestedSchema: must(isRecord) };
const URL_MODE = { mode: must(oneOf('url')), message: must(isProse), url: must(isProse), elicitationId: must(isName) };
// 2026-07-28 has no id: the round itself says which elicitation is over.
const URL_MODERN = { ...URL_MODE, elicitationId: may(isName) };
const RESULT = { action: must(oneOf('accept', 'decline', 'cancel')), content: may(isRecord), _meta: may(isRecord) };

/** Params of `elicitation/create`, of a form or of a URL, or what is wrong with them. */
export function readElicitation(params: JsonObject, era: 'legacy' | 'modern'): JsonObject | string {
  if (params['mode'] === 'url') return readFields(params, era === 'modern' ? URL_MODERN : URL_MODE);
  const read = readFields(params, FORM);
  if (typeof read === 'string') return read;
  const form = readForm(read['requestedSchema'] as JsonValue);
  return typeof form === 'string' ? form : { ...read, requestedSchema: form };
}

/** The person's answer, or what is wrong with it: content only where a form was accepted, and only what the form asked for. */
export function readElicited(params: JsonObject, result: JsonObject): JsonObject | string {
  const read = readFields(result, RESULT);
  if (typeof read === 'string') return read;
  const { content, ...rest } = read;
  // A person who declined has filled nothing in: what a client sends besides goes no further.
  if (params['mode'] === 'url' || read['action'] !== 'accept') return rest;
  const wrong = misfit(params['requestedSchema'] as JsonObject, isObject(content) ? content : {});
  return wrong ?? read;
}

/** Likewise, where it is not known what was asked: the action, and what a form can hold at all. */
export function readAnyElicited(result: JsonObject): JsonObject | string {
  const read = readFields(result, RESULT);
  if (typeof read === 'string') return read;
  const { content } = read;
  return isObject(content) && !Object.values(content).every(isFilledIn) ? 'content is none of a form' : read;
}

const isFilledIn = (value: JsonValue): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

/**
 * Whether a person may be sent there: https, a host, no user name or password in it, nothing that a screen would hide. What else is on that
 * page is for the person to see: a client has to show the whole URL (MCP 2025-11-25, elicitation).
 */
export function isSafeUrl(text: string): boolean {
  if (text.length > LIMITS.headerBytes || !/^https:\/\/[\x21-\x7e]+$/.test(text) || text.includes('\\')) return false;
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '' && url.hostname !== '';
}
