import { isDeepStrictEqual } from 'node:util';
import { answerParts, type Era, REVISION, type Size, TOOL_COUNT } from './answer.ts';
import type { HttpAnswer } from './wire.ts';

/** One principal of one target: its key and, in the legacy era, the session that it opened. */
export interface Caller {
  readonly key: string;
  readonly session: string | null;
}

/** Where calls go and how tools are named there; `/mcp` of a gateway puts the server's name before a tool's. */
export interface Endpoint {
  readonly url: URL;
  readonly era: Era;
  readonly toolNames: readonly string[];
}

/** What one call asks, all that is needed to know its answer. */
export interface Call {
  readonly id: number;
  readonly tool: number;
  readonly query: string;
  readonly size: Size;
}

export type SizeOption = 'small' | '16k' | '16k-text' | '16k-records';

const sizeOf = (option: SizeOption, turn: number): Size => {
  if (option === 'small') return 'small';
  if (option === '16k') return turn % 2 === 0 ? 'text' : 'records';
  return option === '16k-text' ? 'text' : 'records';
};

/** The call with number `id`: no two have the same arguments, and every principal comes to use every tool. */
export const callNumber = (id: number, callers: number, option: SizeOption): Call => {
  const round = Math.floor(id / callers);
  const tool = ((id % callers) + round) % TOOL_COUNT;
  // Half the speed of the tool's turn, so that each tool gives both kinds of large result.
  return { id, tool, query: `order ${id} of round ${round}`, size: sizeOf(option, id + (round >> 1)) };
};

const META = `"_meta":${JSON.stringify({
  'io.modelcontextprotocol/protocolVersion': REVISION.modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
})}`;

/** Head and body of a POST of one message. `name` is what the modern era repeats in `Mcp-Name`. */
export const postText = (endpoint: Endpoint, caller: Caller, method: string, body: string, name: string | null): string => {
  let head = `POST ${endpoint.url.pathname} HTTP/1.1\r\nHost: ${endpoint.url.host}\r\nAuthorization: Bearer ${caller.key}\r\n`;
  head += `Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${body.length}\r\n`;
  if (endpoint.era === 'modern') head += `MCP-Protocol-Version: ${REVISION.modern}\r\nMcp-Method: ${method}\r\n`;
  else if (method !== 'initialize') head += `MCP-Protocol-Version: ${REVISION.legacy}\r\n`;
  if (endpoint.era === 'modern' && name !== null) head += `Mcp-Name: ${name}\r\n`;
  if (caller.session !== null) head += `Mcp-Session-Id: ${caller.session}\r\n`;
  return `${head}\r\n${body}`;
};

/** A request of any method, as text of a POST. `params` is JSON members without braces. */
export const requestText = (endpoint: Endpoint, caller: Caller, id: number, method: string, params: string): string => {
  const members = endpoint.era === 'modern' ? (params === '' ? META : `${params},${META}`) : params;
  return postText(endpoint, caller, method, `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{${members}}}`, null);
};

export const callText = (endpoint: Endpoint, caller: Caller, call: Call): string => {
  const name = endpoint.toolNames[call.tool] ?? '';
  const args = `{"query":"${call.query}","size":"${call.size}","limit":${(call.id % 999) + 1},"exact":${call.id % 3 === 0}}`;
  const meta = endpoint.era === 'modern' ? `,${META}` : '';
  const params = `{"name":"${name}","arguments":${args}${meta}}`;
  return postText(endpoint, caller, 'tools/call', `{"jsonrpc":"2.0","id":${call.id},"method":"tools/call","params":${params}}`, name);
};

const EVENT_STREAM = /\r\ncontent-type: *text\/event-stream/i;

/** The JSON of an answer: the body, or the data of the last event that has any. */
export const messageText = (answer: HttpAnswer): string => {
  if (!EVENT_STREAM.test(answer.head)) return answer.body;
  const data = answer.body.split('\n').filter((line) => line.startsWith('data:') && line.trimEnd() !== 'data:');
  return (data.at(-1) ?? 'data:').slice(5).trim();
};

interface Envelope {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly error?: unknown;
  readonly result?: {
    readonly isError?: unknown;
    readonly resultType?: unknown;
    readonly content?: unknown;
    readonly structuredContent?: unknown;
  };
}

const envelopeFault = (envelope: Envelope, call: Call, era: Era): string | null => {
  if (envelope.jsonrpc !== '2.0' || envelope.id !== call.id) return 'not the answer to this request';
  if (envelope.error !== undefined || envelope.result === undefined) return 'an error instead of a result';
  if (envelope.result.isError !== undefined && envelope.result.isError !== false) return 'a refusal';
  return era === 'modern' && envelope.result.resultType !== 'complete' ? 'no resultType' : null;
};

/** The slow way, for a gateway that orders members otherwise or escapes characters: parse and compare values. */
const compareValues = (text: string, expected: string, call: Call, era: Era): string | null => {
  const envelope: Envelope = JSON.parse(Buffer.from(text, 'latin1').toString('utf8'));
  const fault = envelopeFault(envelope, call, era);
  if (fault !== null) return fault;
  const wanted: Envelope['result'] = JSON.parse(`{${expected}}`);
  const { content, structuredContent } = envelope.result ?? {};
  const same = isDeepStrictEqual(content, wanted?.content) && isDeepStrictEqual(structuredContent, wanted?.structuredContent);
  return same ? null : 'the content is not what these arguments ask for';
};

/**
 * Where the parts end when they stand at `from` one after the other, else -1. A slice and `===` compare as memory;
 * `startsWith` goes character by character, 60 us for 16 KB.
 */
const endOfParts = (text: string, from: number, parts: readonly string[]): number => {
  let at = from;
  for (const part of parts) {
    if (text.slice(at, at + part.length) !== part) return -1;
    at += part.length;
  }
  return at;
};

const compareText = (text: string, call: Call, era: Era): string | null => {
  const parts = answerParts(call.tool, call.query, call.size);
  const at = text.indexOf('"content":');
  const end = at < 0 ? -1 : endOfParts(text, at, parts);
  if (end < 0) return compareValues(text, parts.join(''), call, era);
  return envelopeFault(JSON.parse(`${text.slice(0, at)}"content":0${text.slice(end)}`), call, era);
};

/**
 * Null when the answer is the right one, else what is wrong with it. The members are expected byte for byte; what stands
 * around them is parsed. Only when they are not found so is the whole parsed and compared.
 */
export const faultOf = (answer: HttpAnswer, call: Call, era: Era): string | null => {
  if (answer.status !== 200) return `HTTP ${answer.status} ${answer.body.slice(0, 200)}`;
  try {
    return compareText(messageText(answer), call, era);
  } catch {
    return 'not JSON';
  }
};
