import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { declares, isObject, readAsk } from '../../protocol/index.ts';
import type { Call } from '../exchange.ts';
import { denied } from '../guard.ts';
import { noteElicitation } from './elicitations.ts';

/** MCP 2025-11-25, elicitation: "URL elicitation required". */
export const URL_REQUIRED = -32042;

const MOST = 16;

/**
 * The data of that error as it may go on: where to send the person, each a URL that an elicitation could have named. Empty for a client that declared
 * no URL elicitation, which could do nothing with it.
 */
export function readUrlRequired({ exchange: { frame }, target }: Call, data: JsonValue | undefined): JsonObject | Deny {
  const { session } = frame;
  if (session === null || !declares(session.capabilities, [['elicitation', 'url']])) return {};
  const given = isObject(data) ? data['elicitations'] : undefined;
  if (!Array.isArray(given) || given.length > MOST) return INVALID;
  const elicitations: JsonObject[] = [];
  for (const one of given) {
    const read = isObject(one) && one['mode'] === 'url' ? readAsk('elicitation/create', one, 'legacy') : null;
    if (read === null) return INVALID;
    if (!read.ok) return read.reason === 'protocol.unsafe_url' ? denied(read) : INVALID;
    elicitations.push(read.value.params);
  }
  for (const { elicitationId } of elicitations) noteElicitation(session, target.server, String(elicitationId));
  return { elicitations };
}

const INVALID: Deny = { verdict: 'deny', reason: 'registry.result_invalid', detail: `error ${URL_REQUIRED} without its elicitations` };
