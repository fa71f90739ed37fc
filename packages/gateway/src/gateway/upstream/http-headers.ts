import type { JsonObject } from '../../contracts/json.ts';
import { writeHeaders, writeTraceContext } from '../../protocol/index.ts';
import type { UpstreamRequest } from './upstream.ts';

const BOTH = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

/** The headers of one stateless request, made from the message that is sent. `paramHeaders` come encoded from the protocol room. */
export const modernHeaders = (
  method: string,
  params: JsonObject,
  paramHeaders: Readonly<Record<string, string>>,
): Record<string, string> => ({
  ...BOTH,
  ...writeHeaders(method, params, []),
  ...paramHeaders,
});

export const tracedHeaders = ({ traced }: UpstreamRequest): Readonly<Record<string, string>> =>
  traced === undefined ? {} : writeTraceContext(traced);

export function legacyHeaders(revision: string | null, sessionId: string | null): Record<string, string> {
  const headers: Record<string, string> = { ...BOTH };
  if (revision !== null) headers['mcp-protocol-version'] = revision;
  if (sessionId !== null) headers['mcp-session-id'] = sessionId;
  return headers;
}

/** A session id that a server gave: visible ASCII (MCP 2025-11-25), of a length that fits a header. Null for anything else. */
export function readSessionId(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && /^[\x21-\x7e]{1,512}$/.test(value) ? value : null;
}
