import { type Era, REVISION, TOOL_COUNT, toolName } from './answer.ts';
import { type Caller, type Endpoint, messageText, postText, requestText } from './call.ts';
import { type HttpAnswer, Wire } from './wire.ts';

/** A target ready to be called: its tools found, in the legacy era a session opened for every principal. */
export interface Ready {
  readonly endpoint: Endpoint;
  readonly callers: readonly Caller[];
}

const exchange = async (wire: Wire, text: string): Promise<HttpAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  wire.send(text, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
  return promise;
};

const expectStatus = (answer: HttpAnswer, status: number, step: string): HttpAnswer => {
  if (answer.status === status) return answer;
  throw new Error(`${step}: HTTP ${answer.status} ${answer.body.slice(0, 300)}`);
};

const openSession = async (wire: Wire, endpoint: Endpoint, key: string, id: number): Promise<Caller> => {
  const stranger: Caller = { key, session: null };
  const params = `"protocolVersion":"${REVISION.legacy}","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}`;
  const opened = expectStatus(await exchange(wire, requestText(endpoint, stranger, id, 'initialize', params)), 200, 'initialize');
  const session = /\r\nmcp-session-id: *(\S+)/i.exec(opened.head)?.[1];
  if (session === undefined) throw new Error('initialize: no session was given');
  const caller: Caller = { key, session };
  const note = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  expectStatus(await exchange(wire, postText(endpoint, caller, 'notifications/initialized', note, null)), 202, 'initialized');
  return caller;
};

const openCallers = async (wire: Wire, endpoint: Endpoint, keys: readonly string[], nextId: () => number): Promise<readonly Caller[]> => {
  if (endpoint.era === 'modern') return keys.map((key) => ({ key, session: null }));
  const callers: Caller[] = [];
  for (const key of keys) callers.push(await openSession(wire, endpoint, key, nextId()));
  return callers;
};

interface Page {
  readonly result?: { readonly tools?: readonly { readonly name: string }[]; readonly nextCursor?: string };
}

/** Every name on every page; a server that never ends its list is cut off at a hundred pages. */
const listNames = async (wire: Wire, endpoint: Endpoint, caller: Caller, nextId: () => number): Promise<readonly string[]> => {
  const names: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 100; page++) {
    const params = cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)}`;
    const answer = expectStatus(await exchange(wire, requestText(endpoint, caller, nextId(), 'tools/list', params)), 200, 'tools/list');
    const { result }: Page = JSON.parse(messageText(answer));
    if (result?.tools === undefined) throw new Error(`tools/list: ${answer.body.slice(0, 300)}`);
    names.push(...result.tools.map((tool) => tool.name));
    cursor = result.nextCursor;
    if (cursor === undefined) return names;
  }
  throw new Error('tools/list: no end');
};

const findTools = (names: readonly string[]): readonly string[] =>
  Array.from({ length: TOOL_COUNT }, (_, index) => {
    const plain = toolName(index);
    const found = names.find((name) => name === plain || name.endsWith(`__${plain}`));
    if (found === undefined) throw new Error(`tools/list: ${plain} is not offered (${names.length} tools are)`);
    return found;
  });

/** Opens what calls need. Throws with what the target answered when it does not behave. */
export const makeReady = async (mcp: string, era: Era, keys: readonly string[], nextId: () => number): Promise<Ready> => {
  const url = new URL(mcp);
  const wire = new Wire(url);
  const nameless: Endpoint = { url, era, toolNames: [] };
  try {
    const callers = await openCallers(wire, nameless, keys, nextId);
    const [first] = callers;
    if (first === undefined) throw new Error('no keys');
    const names = await listNames(wire, nameless, first, nextId);
    return { endpoint: { ...nameless, toolNames: findTools(names) }, callers };
  } finally {
    wire.close();
  }
};
