/**
 * A fast MCP server on bare node:http for the bench: one era by `--era legacy|modern` (default both), JSON answers or,
 * with `--sse`, an event stream of one event. Prints `{"url","pid"}` and ends when its stdin ends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { announce } from './announce.ts';
import { answerParts, REVISION, type Size, TOOL_COUNT, toolDefinition, toolName } from './answer.ts';

type Id = string | number;

interface Message {
  readonly id?: Id;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: { readonly query: string; readonly size: Size };
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly session?: string;
}

const { values: options } = parseArgs({ options: { era: { type: 'string', default: 'both' }, sse: { type: 'boolean', default: false } } });
const servesLegacy = options.era !== 'modern';
const servesModern = options.era !== 'legacy';

const sessions = new Set<string>();
const indexByName = new Map(Array.from({ length: TOOL_COUNT }, (_, index) => [toolName(index), index] as const));
const tools = JSON.stringify(Array.from({ length: TOOL_COUNT }, (_, index) => toolDefinition(index)));
const SERVER = '{"name":"bench-upstream","version":"1.0.0"}';
const META = `"_meta":{"io.modelcontextprotocol/serverInfo":${SERVER}}`;
const CACHE = '"ttlMs":60000,"cacheScope":"public"';

const result = (id: Id, members: string): Answer => ({
  status: 200,
  body: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${members}}}`,
});

const failure = (status: number, id: Id | null, code: number, message: string): Answer => ({
  status,
  body: JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }),
});

const callTool = (message: Message, id: Id, head: string, tail: string): Answer => {
  const index = indexByName.get(message.params?.name ?? '');
  const args = message.params?.arguments;
  if (index === undefined || args === undefined) return failure(200, id, -32602, 'Unknown tool or no arguments.');
  return result(id, head + answerParts(index, args.query, args.size).join('') + tail);
};

const answerModern = (message: Message, id: Id): Answer => {
  if (message.method === 'tools/call') return callTool(message, id, '"resultType":"complete",', `,${META}`);
  if (message.method === 'tools/list') return result(id, `"resultType":"complete","tools":${tools},${CACHE},${META}`);
  if (message.method !== 'server/discover') return failure(404, id, -32601, 'Method not found');
  return result(
    id,
    `"resultType":"complete","supportedVersions":["${REVISION.modern}"],"capabilities":{"tools":{}},"instructions":"",${CACHE},${META}`,
  );
};

const openSession = (id: Id): Answer => {
  const session = crypto.randomUUID();
  sessions.add(session);
  const members = `"protocolVersion":"${REVISION.legacy}","capabilities":{"tools":{}},"serverInfo":${SERVER}`;
  return { ...result(id, members), session };
};

const answerLegacy = (message: Message, id: Id, session: string | undefined): Answer => {
  if (message.method === 'initialize') return openSession(id);
  if (session === undefined) return failure(400, id, -32000, 'Bad Request: no session');
  if (!sessions.has(session)) return failure(404, id, -32001, 'Session not found');
  if (message.method === 'tools/call') return callTool(message, id, '', '');
  if (message.method === 'tools/list') return result(id, `"tools":${tools}`);
  if (message.method === 'ping') return result(id, '');
  return failure(200, id, -32601, 'Method not found');
};

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

const answerPost = (request: IncomingMessage, body: string): Answer => {
  const message: Message = JSON.parse(body);
  if (message.id === undefined) return { status: 202, body: '' };
  const isModern = headerOf(request, 'mcp-protocol-version') === REVISION.modern;
  if (isModern && servesModern) return answerModern(message, message.id);
  if (servesLegacy) return answerLegacy(message, message.id, headerOf(request, 'mcp-session-id'));
  return failure(400, message.id, -32022, 'Unsupported protocol version');
};

const send = (response: ServerResponse, answer: Answer): void => {
  const isStream = options.sse && answer.status === 200;
  const text = isStream ? `event: message\ndata: ${answer.body}\n\n` : answer.body;
  const headers: Record<string, string | number> = { 'content-length': Buffer.byteLength(text) };
  if (text !== '') headers['content-type'] = isStream ? 'text/event-stream' : 'application/json';
  if (answer.session !== undefined) headers['mcp-session-id'] = answer.session;
  response.writeHead(answer.status, headers);
  response.end(text);
};

const tryAnswer = (request: IncomingMessage, body: string): Answer => {
  try {
    return answerPost(request, body);
  } catch {
    return failure(400, null, -32700, 'Parse error');
  }
};

const answerOther = (request: IncomingMessage): Answer => {
  const session = headerOf(request, 'mcp-session-id');
  const ended = request.method === 'DELETE' && session !== undefined && sessions.delete(session);
  return { status: ended ? 200 : 405, body: '' };
};

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => send(response, request.method === 'POST' ? tryAnswer(request, body) : answerOther(request)));
});

server.listen(0, '127.0.0.1', () => announce({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` }));
