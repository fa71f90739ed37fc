import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpAnswer, readChunked, Wire } from './wire.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that, for each request, writes the given pieces in separate packets. */
const serve = async (write: (socket: Socket) => void): Promise<URL> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => write(socket));
  });
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
};

const exchange = async (wire: Wire): Promise<HttpAnswer | Error> => {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer | Error>();
  wire.send('POST /mcp HTTP/1.1\r\n\r\n', resolve);
  return promise;
};

const inPieces = (text: string, at: number) => (socket: Socket) => {
  socket.write(text.slice(0, at));
  setTimeout(() => socket.write(text.slice(at)), 5);
};

describe('wire', () => {
  const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
  for (const [name, text] of [
    ['a length', plain],
    ['chunks', chunked],
  ] as const) {
    for (const at of [5, 20, text.length - 8, text.length - 1]) {
      it(`reads an answer with ${name} that is cut at ${at}`, async () => {
        const wire = new Wire(await serve(inPieces(text, at)));
        const answer = await exchange(wire);
        wire.close();
        expect(answer).toMatchObject({ status: 200, body: 'hello' });
      });
    }
  }

  it('calls back with an error when the server closes in the middle, and connects again for the next call', async () => {
    let calls = 0;
    const url = await serve((socket) => (calls++ === 0 ? socket.end(plain.slice(0, 30)) : socket.write(plain)));
    const wire = new Wire(url);
    expect(await exchange(wire)).toBeInstanceOf(Error);
    expect(await exchange(wire)).toMatchObject({ status: 200, body: 'hello' });
    wire.close();
  });

  it('calls back with an error when nobody listens', async () => {
    expect(await exchange(new Wire(new URL('http://127.0.0.1:1/mcp')))).toBeInstanceOf(Error);
  });

  it('calls a bad chunk size an error', () => {
    expect(() => readChunked('zz\r\nhe\r\n0\r\n\r\n', 0)).toThrow('bad chunk size');
  });
});
