import type { Agent } from 'node:http';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { MethodRow, Revision } from './method-matrix.ts';
import { ask, type RawAnswer } from './raw.ts';

/** Who asks, where, in which revision. */
export interface Line {
  readonly agent: Agent;
  readonly url: string;
  readonly key: string;
  readonly revision: Revision;
  /** Of the legacy era; null before there is one. */
  readonly session: string | null;
}

export const isModern = ({ revision }: Pick<Line, 'revision'>): boolean => revision === '2026-07-28';

// Requests about tasks are those of an extension, which a client declares.
const metaOf = (method: string): JsonObject => ({
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': method.startsWith('tasks/') ? { extensions: { 'io.modelcontextprotocol/tasks': {} } } : {},
  'io.modelcontextprotocol/clientInfo': { name: 'matrix', version: '1' },
});

export function headersOf(line: Line, method: string, params: JsonObject): Record<string, string> {
  const common = { authorization: `Bearer ${line.key}`, accept: 'application/json, text/event-stream' };
  if (!isModern(line)) return { ...common, ...(line.session === null ? {} : { 'mcp-session-id': line.session }) };
  const name = params['name'] ?? params['uri'] ?? params['taskId'];
  const named = typeof name === 'string' ? { 'mcp-name': name } : {};
  return { ...common, 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...named };
}

export function send(line: Line, { method, kind, params }: Pick<MethodRow, 'method' | 'kind' | 'params'>, id: unknown): Promise<RawAnswer> {
  const { agent, url } = line;
  if (kind === 'http') return ask({ agent, url, method, headers: headersOf(line, method, {}), leave: true });
  const given = method === 'initialize' ? { ...params, protocolVersion: line.revision } : params;
  const full = isModern(line) ? { ...given, _meta: metaOf(method) } : given;
  const body = JSON.stringify({ jsonrpc: '2.0', ...(kind === 'request' ? { id } : {}), method, params: full });
  const headers = { ...headersOf(line, method, given), 'content-type': 'application/json' };
  return ask({ agent, url, method: 'POST', headers, body, leave: true });
}

export const callTool = (line: Line, name: string, cell: string): Promise<RawAnswer> =>
  send(line, { method: 'tools/call', kind: 'request', params: { name, arguments: { text: cell } } }, cell);

const INITIALIZE = {
  method: 'initialize',
  kind: 'request',
  params: { capabilities: {}, clientInfo: { name: 'matrix', version: '1' } },
} as const;

/** The line within a session of its own; as it is where the era has none, null where there is no such endpoint. */
export async function begun(line: Line): Promise<Line | null> {
  if (isModern(line)) return line;
  const answer = await send(line, INITIALIZE, 'begin');
  const at = answer.rawHeaders.findIndex((name) => name.toLowerCase() === 'mcp-session-id');
  return at === -1 ? null : { ...line, session: answer.rawHeaders[at + 1] ?? null };
}

export type Class = 'ok' | 'open' | '202' | '----' | '--' | 'not' | '401' | '405' | 'no-path' | 'no-session' | string;

const CODES: Readonly<Record<string, Class>> = { '-32601': '----', '40300': 'not', '40100': '401', '40500': '405' };

/** What a reader of the wire would call the answer. */
export function classOf({ status, rawHeaders, body }: RawAnswer): Class {
  if (status === 202) return '202';
  if (status === 204) return 'ok';
  if (status === 200 && body === '' && rawHeaders.some((text) => text.startsWith('text/event-stream'))) return 'open';
  const message = JSON.parse(body === '' ? '{}' : body) as JsonObject;
  const error = message['error'] as { readonly code: number; readonly message: string } | undefined;
  if (error === undefined) return (message['result'] as JsonObject | undefined)?.['isError'] === true ? 'refused' : 'ok';
  if (/^(Unknown tool|Unknown prompt|Unknown resource template|Unknown task|Resource not found)/.test(error.message)) return '--';
  if (error.message.startsWith('There is nothing at this path')) return 'no-path';
  if (error.message.startsWith('This session is not known')) return 'no-session';
  return CODES[String(error.code)] ?? `${status} ${error.code} ${error.message}`;
}

/** The reference that every refusal carries. */
export const refOf = ({ body }: RawAnswer): string | null => /\(ref ([0-9A-HJKMNP-TV-Z]{26})\)/.exec(body)?.[1] ?? null;

export const namesIn = ({ body }: RawAnswer): readonly string[] =>
  ((JSON.parse(body) as { result?: { tools?: { name: string }[] } }).result?.tools ?? []).map((tool) => tool.name);
