import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.ts';
import { planOf } from './methods.ts';
import type { ParamHeader } from './param-headers.ts';
import { argumentAt, headerText, writeParamHeaders } from './param-headers.ts';
import type { LegacyRevision, Revision } from './revision.ts';
import { isLegacyRevision, MODERN, REVISION_WITHOUT_HEADER } from './revision.ts';

/** Names in lower case, as node:http gives them. An array (a header that came twice) never equals what was asked for. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

type HeaderVerdict = Result<void, 'protocol.header_mismatch'>;

const mismatch = (detail: string): HeaderVerdict => failure('protocol.header_mismatch', detail);
const MATCHES: HeaderVerdict = success(undefined);

export interface CalledBody {
  readonly method: string;
  readonly params: JsonObject | null;
  /** From `_meta`, already checked against the revisions that we speak. */
  readonly revision: Revision;
}

/**
 * Compares the headers that 2026-07-28 asks for with the body, which is the source of truth: a proxy may have routed by a header that
 * says something else than the server runs. Headers are read only for requests (notifications of this revision need none over HTTP).
 */
export function checkHeaders(headers: Headers, { method, params, revision }: CalledBody): HeaderVerdict {
  if (headers['mcp-protocol-version'] !== revision) return mismatch('MCP-Protocol-Version');
  if (headers['mcp-method'] !== method) return mismatch('Mcp-Method');
  const nameFrom = planOf(method, revision, 'client')?.nameFrom ?? null;
  if (nameFrom === null) return MATCHES;
  const sent = headers['mcp-name'];
  const named = params?.[nameFrom];
  if (typeof sent !== 'string' || typeof named !== 'string') return mismatch('Mcp-Name');
  return decodeHeaderValue(sent) === named ? MATCHES : mismatch('Mcp-Name');
}

/** The same for `Mcp-Param-*`, after the tool is known: `declared` comes from its pinned schema. Headers it does not declare are ignored. */
export function checkParamHeaders(headers: Headers, args: JsonObject, declared: readonly ParamHeader[]): HeaderVerdict {
  for (const { path, header } of declared) {
    const sent = headers[`mcp-param-${header.toLowerCase()}`];
    const value = argumentAt(args, path);
    const expected = headerText(value);
    if (expected === null) {
      if (sent !== undefined) return mismatch(`Mcp-Param-${header}`);
    } else if (typeof sent !== 'string' || !isSameValue(decodeHeaderValue(sent), expected, typeof value === 'number')) {
      return mismatch(`Mcp-Param-${header}`);
    }
  }
  return MATCHES;
}

const DECIMAL = /^-?\d{1,16}(?:\.0{1,16})?$/;

// `42.0` and `42` are one integer (MCP 2026-07-28, server validation).
const isSameValue = (sent: string | null, expected: string, isNumber: boolean): boolean =>
  sent === expected || (isNumber && sent !== null && DECIMAL.test(sent) && Number(sent) === Number(expected));

/**
 * The revision of a legacy request: absent, the session's or 2025-03-26; present, one that we speak and, within a session, that one
 * (MCP 2025-06-18 transports: the header carries the negotiated version).
 */
export function legacyRevision(
  headers: Headers,
  session: LegacyRevision | null,
): Result<LegacyRevision, 'protocol.unsupported_version' | 'protocol.header_mismatch'> {
  const sent = headers['mcp-protocol-version'];
  if (sent === undefined) return success(session ?? REVISION_WITHOUT_HEADER);
  if (typeof sent !== 'string' || !isLegacyRevision(sent)) return failure('protocol.unsupported_version', String(sent).slice(0, 64));
  return session === null || session === sent ? success(sent) : failure('protocol.header_mismatch', 'MCP-Protocol-Version');
}

/** Our own headers towards a 2026-07-28 server, computed after names were rewritten to the server's. */
export function writeHeaders(method: string, params: JsonObject, declared: readonly ParamHeader[]): Readonly<Record<string, string>> {
  const nameFrom = planOf(method, MODERN, 'client')?.nameFrom ?? null;
  const name = nameFrom === null ? undefined : params[nameFrom];
  const args = params['arguments'];
  return {
    'MCP-Protocol-Version': MODERN,
    'Mcp-Method': method,
    ...(typeof name === 'string' ? { 'Mcp-Name': encodeHeaderValue(name) } : {}),
    ...(typeof args === 'object' && args !== null ? writeParamHeaders(args as JsonObject, declared) : {}),
  };
}
