import type { JsonObject } from '../../src/contracts/json.ts';
import { BOTH, type Caller, post, request } from './wire.ts';

/** One message as it reached the client, and on which of its streams: a call's, by its id, or the standing one. */
export interface Heard {
  readonly stream: string;
  readonly message: JsonObject;
}

/** What the client answers to one request of a server: a result, an error, or nothing at all. */
export type Respond = (asked: JsonObject) => JsonObject | null | Promise<JsonObject | null>;

/** A stateful client that reads its streams while they are open and answers what servers ask on them. */
export class AskedClient {
  readonly caller: Caller;
  readonly heard: Heard[] = [];
  respond: Respond;
  readonly #streams = new AbortController();

  static async begin(caller: Caller, capabilities: JsonObject, respond: Respond, revision = '2025-11-25'): Promise<AskedClient> {
    const begun = await post(
      caller,
      request('init', 'initialize', { protocolVersion: revision, capabilities, clientInfo: { name: 'asked', version: '1' } }),
    );
    const id = begun.headers.get('mcp-session-id');
    if (id === null) throw new Error(`no session: ${begun.status} ${begun.body}`);
    const inside = { ...caller, headers: { 'mcp-session-id': id, 'mcp-protocol-version': revision } };
    await post(inside, { jsonrpc: '2.0', method: 'notifications/initialized' });
    return new AskedClient(inside, respond);
  }

  private constructor(caller: Caller, respond: Respond) {
    this.caller = caller;
    this.respond = respond;
  }

  /** What servers asked, in order. */
  get asked(): readonly JsonObject[] {
    return this.heard.map(({ message }) => message).filter((message) => message['id'] !== undefined && message['method'] !== undefined);
  }

  notified(method: string): readonly JsonObject[] {
    return this.heard.map(({ message }) => message).filter((message) => message['method'] === method && message['id'] === undefined);
  }

  /** The response to a call, once it comes. `signal` drops the connection. */
  async call(id: string | number, name: string, args: JsonObject = {}, signal: AbortSignal | null = null): Promise<JsonObject> {
    return this.send(request(id, 'tools/call', { name, arguments: args }), String(id), signal);
  }

  async send(body: JsonObject, stream: string, signal: AbortSignal | null = null): Promise<JsonObject> {
    const response = await fetch(this.caller.mcp, {
      method: 'POST',
      headers: this.#headers(),
      body: JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(90_000),
    });
    let answer: JsonObject = {};
    await this.#read(response, stream, (message) => {
      answer = message;
    });
    return answer;
  }

  /** The text of a call's result, parsed: what the server says that it got. */
  async told(id: string | number, name: string, args: JsonObject = {}): Promise<JsonObject> {
    const answer = await this.call(id, name, args);
    const content = (answer['result'] as JsonObject | undefined)?.['content'] as readonly JsonObject[] | undefined;
    if (content === undefined) throw new Error(JSON.stringify(answer));
    return JSON.parse(String(content[0]?.['text'])) as JsonObject;
  }

  notify(method: string, params: JsonObject = {}): Promise<unknown> {
    return post(this.caller, { jsonrpc: '2.0', method, params });
  }

  /** Opens the standing stream; resolves once it is open. */
  async listen(): Promise<void> {
    const response = await fetch(this.caller.mcp, {
      headers: { ...this.#headers(), accept: 'text/event-stream' },
      signal: this.#streams.signal,
    });
    if (response.status !== 200) throw new Error(`no stream: ${response.status}`);
    void this.#read(response, 'standing', () => undefined).catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#streams.abort();
    await fetch(this.caller.mcp, { method: 'DELETE', headers: this.#headers() });
  }

  #headers(): Record<string, string> {
    return { 'content-type': 'application/json', accept: BOTH, authorization: `Bearer ${this.caller.key}`, ...this.caller.headers };
  }

  async #read(response: Response, stream: string, onAnswer: (message: JsonObject) => void): Promise<void> {
    if (response.body === null) return;
    const streamed = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      if (!streamed) continue;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: {')) this.#take(JSON.parse(line.slice(6)) as JsonObject, stream, onAnswer);
    }
    if (!streamed && rest !== '') onAnswer(JSON.parse(rest) as JsonObject);
  }

  #take(message: JsonObject, stream: string, onAnswer: (message: JsonObject) => void): void {
    if (message['method'] === undefined) onAnswer(message);
    else this.heard.push({ stream, message });
    if (message['method'] !== undefined && message['id'] !== undefined) void this.#answer(message);
  }

  async #answer(asked: JsonObject): Promise<void> {
    const answer = await this.respond(asked);
    if (answer !== null) await post(this.caller, { jsonrpc: '2.0', id: asked['id'], ...answer });
  }
}

/** Well-formed answers to everything. */
export const POLITE: Respond = ({ method }) => {
  if (method === 'roots/list') return { result: { roots: [{ uri: 'file:///home/ann', name: 'home' }] } };
  if (method === 'elicitation/create') return { result: { action: 'accept', content: { name: 'Ann' } } };
  return { result: { role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'a-model' } };
};

export const SAMPLING: JsonObject = { messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }], maxTokens: 10 };
export const FORM: JsonObject = {
  message: 'Who are you?',
  requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
};
