import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretString } from '../../src/base/secret-string.ts';
import { Bridge } from '../../src/cli/connect/bridge.ts';
import { openWire } from '../../src/cli/connect/wire.ts';
import type { JsonObject } from '../../src/contracts/json.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The parsed body; null for none. */
  readonly body: JsonObject | null;
}

/** What stands in for a gateway that misbehaves: it answers as the test says, over a real socket. */
export interface ScriptedGateway {
  readonly port: number;
  readonly asked: readonly Asked[];
  close(): void;
}

export type Script = (asked: Asked, response: ServerResponse) => void;

export async function scriptedGateway(script: Script): Promise<ScriptedGateway> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: text === '' ? null : (JSON.parse(text) as JsonObject),
      };
      asked.push(one);
      script(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

export const events = (response: ServerResponse): ServerResponse => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  return response;
};

export const event = (message: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${message === '' ? '' : JSON.stringify(message)}\n\n`;

const CAPABILITIES = { tools: { listChanged: true }, logging: {} };
const initialized = (id: unknown, revision = '2025-11-25'): JsonObject =>
  ({
    jsonrpc: '2.0',
    id,
    result: { protocolVersion: revision, capabilities: CAPABILITIES, serverInfo: { name: 's', version: '1' } },
  }) as JsonObject;
export const result = (id: unknown, text = 'done'): JsonObject =>
  ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }) as JsonObject;
export const errorOf = (message: JsonObject): JsonObject => message['error'] as JsonObject;

/** Answers initialize with sessions s1, s2 ..., and leaves the rest to the script. */
export function withSessions(
  script: (asked: Asked, response: ServerResponse, live: string) => void,
  revisions: readonly string[] = [],
): Script {
  let sessions = 0;
  return (asked, response) => {
    if (asked.body?.['method'] === 'initialize') {
      const revision = revisions[sessions];
      sessions += 1;
      return json(response, 200, initialized(asked.body['id'], revision), { 'mcp-session-id': `s${sessions}` });
    }
    if (asked.method === 'DELETE') return json(response, 204, '');
    if (asked.body?.['method'] === 'notifications/initialized') return json(response, 202, '');
    script(asked, response, `s${sessions}`);
  };
}

/** The bridge as the command builds it, with what it says and tells kept. */
export interface OpenBridge {
  readonly bridge: Bridge;
  readonly said: readonly JsonObject[];
  readonly told: readonly string[];
  send(message: unknown): void;
  /** The first message that fits. */
  next(fits: (message: JsonObject) => boolean, ms?: number): Promise<JsonObject>;
  answer(id: unknown): Promise<JsonObject>;
}

export function openBridge(port: number, waitMs = 400): OpenBridge {
  const said: JsonObject[] = [];
  const told: string[] = [];
  const place = { url: new URL(`http://127.0.0.1:${port}/mcp`), key: new SecretString('sp_a-key-of-the-test') };
  const tell = (line: string): void => void told.push(line);
  const say = async (text: string): Promise<void> => void said.push(JSON.parse(text) as JsonObject);
  const bridge = new Bridge({ wire: openWire(async () => place, tell), say, tell, waitMs });
  const next: OpenBridge['next'] = async (fits, ms = 10_000) => {
    for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
      const found = said.find(fits);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`it did not come: ${JSON.stringify(said)} ${told.join('\n')}`);
  };
  return {
    bridge,
    said,
    told,
    send: (message) => bridge.receive(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message))),
    next,
    answer: (id) => next((message) => message['id'] === id && message['method'] === undefined),
  };
}
