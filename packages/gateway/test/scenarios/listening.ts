import type { JsonObject } from '../../src/contracts/json.ts';
import { BOTH, type Caller, request } from './wire.ts';

/** An open event stream and what came on it. */
export interface Listening {
  readonly heard: JsonObject[];
  readonly methods: () => readonly string[];
  readonly uris: () => readonly unknown[];
  end(): void;
}

export async function openEvents(caller: Caller, init: RequestInit): Promise<Listening> {
  const controller = new AbortController();
  const headers = { accept: BOTH, authorization: `Bearer ${caller.key}`, ...caller.headers, ...(init.headers as Record<string, string>) };
  const response = await fetch(caller.mcp, { ...init, headers, signal: controller.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  const heard: JsonObject[] = [];
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (/^data: *\{/.test(line)) heard.push(JSON.parse(line.slice(5)) as JsonObject);
    }
  };
  read().catch(() => undefined);
  const params = (): readonly JsonObject[] => heard.map((one) => (one['params'] ?? {}) as JsonObject);
  return {
    heard,
    methods: () => heard.map((one) => String(one['method'])),
    uris: () => params().flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
    end: () => controller.abort(),
  };
}

/** The standing stream of a stateful session. */
export const standing = (inside: Caller): Promise<Listening> => openEvents(inside, { method: 'GET' });

/** `subscriptions/listen` of a stateless client. */
export function listen(caller: Caller, id: string | number, notifications: JsonObject, capabilities: JsonObject = {}): Promise<Listening> {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': capabilities };
  const body = JSON.stringify(request(id, 'subscriptions/listen', { notifications, _meta }));
  const headers = { 'content-type': 'application/json', 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
  return openEvents(caller, { method: 'POST', body, headers });
}
