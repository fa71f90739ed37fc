import { connect } from 'node:net';
import type { JsonObject } from '../../src/contracts/json.ts';

/** One HTTP exchange on a socket of its own, every byte of it chosen by the test: what no HTTP library would send can be sent. */
export interface BareAsk {
  readonly url: string;
  readonly verb?: string;
  readonly path?: string;
  /** In this order, as often as they stand here. Nothing is added but `Connection: close`. */
  readonly headers: readonly (readonly [string, string])[];
  /** Written after the head, in turn, as long as the peer takes it. */
  readonly body?: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;
  /** The peer's address among those of the loopback network, 1 to 254. */
  readonly from?: number;
  readonly timeoutMs?: number;
}

export interface BareAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly message: JsonObject | null;
  readonly tookMs: number;
}

// Elsewhere the loopback network has one address only.
export const loopback = (last: number): string => (process.platform === 'linux' ? `127.0.0.${last}` : '127.0.0.1');

export function bareAsk(ask: BareAsk): Promise<BareAnswer> {
  const { hostname, port, pathname } = new URL(ask.url);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: loopback(ask.from ?? 1) });
    const chunks: Uint8Array[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error('nothing within the time of the test'));
    }, ask.timeoutMs ?? 15_000);
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(readAnswer(Buffer.concat(chunks).toString(), performance.now() - began));
    };
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks))) done();
    });
    socket.on('close', done).on('error', () => undefined);
    socket.on('connect', () => {
      const lines = ask.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      socket.write(Buffer.from(`${ask.verb ?? 'POST'} ${ask.path ?? pathname} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`, 'latin1'));
      void feed();
    });
    async function feed(): Promise<void> {
      for await (const chunk of ask.body ?? []) {
        if (socket.destroyed) return;
        if (!socket.write(chunk)) await new Promise<void>((next) => socket.once('drain', next).once('close', next));
      }
    }
  });
}

// An answer that names its length is whole before the connection ends.
function isWhole(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return end !== -1 && length !== undefined && bytes.length >= end + 4 + Number(length);
}

function readAnswer(text: string, tookMs: number): BareAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body = end === -1 ? '' : text.slice(end + 4);
  return { status: Number(first.split(' ')[1] ?? 0), headers, body, message: messageIn(body), tookMs };
}

function messageIn(body: string): JsonObject | null {
  try {
    return JSON.parse(body) as JsonObject;
  } catch {
    return null;
  }
}
