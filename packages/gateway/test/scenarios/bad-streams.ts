import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type BadInput, callText, ERAS, type Era, META } from './bad-stand.ts';

export const CAP = 10_485_760;

/** A good call of exactly this many bytes. */
export function callOf(era: Era, bytes: number): Buffer {
  const [before = '', after = ''] = callText(era, '{"text":"FILL"}').split('FILL');
  return Buffer.concat([Buffer.from(before), Buffer.alloc(bytes - before.length - after.length, 0x61), Buffer.from(after)]);
}

/** What comes beside the bytes of a body in chunks of 64 KiB: the head, and nine bytes around each chunk. */
export const AROUND = 4096;

/** A good request for the list, of exactly this many bytes: its `_meta` holds the rest. */
export function listOf(era: Era, bytes: number): Buffer {
  const meta = JSON.parse(era === 'modern' ? META : '{}') as Record<string, unknown>;
  const message = { jsonrpc: '2.0', id: 'all', method: 'tools/list', params: { _meta: { ...meta, 'com.example/note': 'FILL' } } };
  const [before = '', after = ''] = JSON.stringify(message).split('FILL');
  return Buffer.concat([Buffer.from(before), Buffer.alloc(bytes - before.length - after.length, 0x61), Buffer.from(after)]);
}

/** Headers in which it differs from a good call. */
export const LIST = { legacy: {}, modern: { 'mcp-method': 'tools/list', 'mcp-name': null } } as const;

function* chunked(body: Buffer, size = 1 << 16): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    yield Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  }
  yield Buffer.from('0\r\n\r\n');
}

/** For as long as somebody reads it; a test that finds it read for ever ends by its own time. */
function* endless(): Generator<Uint8Array> {
  const part = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(1 << 16, 0x20), Buffer.from('\r\n')]);
  for (let i = 0; i < 10_000; i++) yield part;
}

const CHUNKED = { 'transfer-encoding': 'chunked' };
const TOO_LARGE = { status: 413, code: 41300, reason: 'http.body_too_large', withinMs: 10_000 } as const;

export const TOO_MUCH: readonly BadInput[] = ERAS.flatMap((era): readonly BadInput[] => [
  {
    name: 'one byte too many, declared',
    era,
    body: () => [callOf(era, CAP + 1)],
    headers: { 'content-length': String(CAP + 1) },
    ...TOO_LARGE,
  },
  { name: 'one byte too many, in chunks', era, body: () => chunked(callOf(era, CAP + 1)), headers: CHUNKED, ...TOO_LARGE },
  { name: 'a body without end', era, body: endless, headers: CHUNKED, ...TOO_LARGE },
]);

/** What the parser refuses is no request: plain HTTP, and nothing to record. */
const NO_REQUEST = { code: null, reason: null } as const;
export const NOT_HTTP: readonly BadInput[] = ERAS.flatMap((era): readonly BadInput[] => [
  { name: 'a length and chunks', era, headers: { ...CHUNKED, 'content-length': '3' }, body: '0\r\n\r\n', status: 400, ...NO_REQUEST },
  { name: 'two lengths', era, headers: { 'content-length': ['3', '4'] }, body: '{}  ', status: 400, ...NO_REQUEST },
  { name: 'a length that is no number', era, headers: { 'content-length': '0x10' }, status: 400, ...NO_REQUEST },
  {
    name: 'a chunk whose size is no number',
    era,
    headers: CHUNKED,
    body: 'zz\r\nhello\r\n0\r\n\r\n',
    status: 400,
    code: null,
    reason: null,
  },
  { name: 'an encoding that only looks like chunked', era, headers: { 'transfer-encoding': 'xchunked' }, status: 400, ...NO_REQUEST },
  { name: 'headers of 17 KB', era, headers: { 'x-much': 'h'.repeat(17_000) }, status: 431, ...NO_REQUEST },
  { name: 'no Host', era, headers: { host: null }, status: 400, ...NO_REQUEST },
]);

async function* drip(text: string, everyMs: number): AsyncGenerator<string> {
  for (const letter of text) {
    yield letter;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A byte now and then: the body has 30 s from its beginning to its end. */
export const SLOW_BODIES: readonly BadInput[] = ERAS.map((era) => ({
  name: 'a body of one byte each 400 ms',
  era,
  body: () => drip(callText(era), 400),
  headers: { 'content-length': String(callText(era).length) },
  status: 408,
  code: 40800,
  reason: 'http.body_too_slow',
  withinMs: 35_000,
}));

/** How many bytes the listener in this process took from each connection that begins while `run` goes on. */
export async function bytesTaken<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly most: number }> {
  const sockets: Socket[] = [];
  const take = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe('net.server.socket', take);
  try {
    return { value: await run(), most: Math.max(0, ...sockets.map((socket) => socket.bytesRead)) };
  } finally {
    unsubscribe('net.server.socket', take);
  }
}
