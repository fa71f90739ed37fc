import type { JsonObject } from '../../src/contracts/json.ts';

/** One HTTP exchange as it came back. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The JSON-RPC response, from a JSON body or from the last event of a stream; null where there is none. */
  readonly message: JsonObject | null;
  /** Notifications that came before it on the same stream. */
  readonly notifications: readonly JsonObject[];
}

export interface Caller {
  readonly mcp: string;
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const BOTH = 'application/json, text/event-stream';

/** A POST as a careful client sends it; `headers` override, and an empty string takes one away. */
export async function post({ mcp, key, headers }: Caller, body: unknown, more: Readonly<Record<string, string>> = {}): Promise<Told> {
  const all: Record<string, string> = {
    'content-type': 'application/json',
    accept: BOTH,
    authorization: `Bearer ${key}`,
    ...headers,
    ...more,
  };
  for (const [name, value] of Object.entries(all)) if (value === '') delete all[name];
  const response = await fetch(mcp, {
    method: 'POST',
    headers: all,
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    signal: AbortSignal.timeout(75_000),
  });
  return read(response);
}

export async function read(response: Response): Promise<Told> {
  const body = await response.text();
  const streamed = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
  const texts = streamed
    ? body
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5))
    : [body];
  const messages = texts.flatMap((text) => {
    try {
      return [JSON.parse(text) as JsonObject];
    } catch {
      return [];
    }
  });
  const isAnswer = (one: JsonObject): boolean => 'result' in one || 'error' in one;
  return {
    status: response.status,
    headers: response.headers,
    body,
    message: messages.findLast(isAnswer) ?? null,
    notifications: messages.filter((one) => !isAnswer(one)),
  };
}

export const request = (id: unknown, method: string, params: JsonObject = {}): JsonObject =>
  ({ jsonrpc: '2.0', id, method, params }) as JsonObject;

/** A legacy session: the caller with its session header, initialized. */
export async function session(caller: Caller, revision = '2025-11-25'): Promise<Caller> {
  const begun = await post(
    caller,
    request('init', 'initialize', { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'scenario', version: '1' } }),
  );
  const id = begun.headers.get('mcp-session-id');
  if (id === null) throw new Error(`no session: ${begun.status} ${begun.body}`);
  const inside = { ...caller, headers: { ...caller.headers, 'mcp-session-id': id, 'mcp-protocol-version': revision } };
  await post(inside, { jsonrpc: '2.0', method: 'notifications/initialized' });
  return inside;
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'scenario', version: '1' },
};

/** A request of the stateless era with its envelope and headers. */
export function modern(
  caller: Caller,
  id: unknown,
  method: string,
  params: JsonObject = {},
  more: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const named = method === 'resources/read' ? params['uri'] : params['name'];
  const name = typeof named === 'string' ? { 'mcp-name': named } : {};
  const meta = { ...META, ...(params['_meta'] as JsonObject | undefined) };
  return post(caller, request(id, method, { ...params, _meta: meta }), {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...name,
    ...more,
  });
}

export const call = (caller: Caller, id: unknown, name: string, args: JsonObject = {}, meta: JsonObject | null = null): Promise<Told> =>
  post(caller, request(id, 'tools/call', { name, arguments: args, ...(meta === null ? {} : { _meta: meta }) }));

/** The text of a tool result, or of the error. */
export function textOf(told: Told): string {
  const result = told.message?.['result'] as JsonObject | undefined;
  const error = told.message?.['error'] as JsonObject | undefined;
  const content = result?.['content'] as readonly JsonObject[] | undefined;
  return String(content?.[0]?.['text'] ?? error?.['message'] ?? told.body);
}
