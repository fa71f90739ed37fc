import { statSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listener, type ListenLimits, listen } from './listen.ts';
import { readBody } from './read-body.ts';
import { repeatedHeaders } from './repeated-headers.ts';

const CAP = 10_485_760;
let listener: Listener;
let sockets: Socket[] = [];
let served: string[] = [];
/** The last one that asked. */
let asked: Socket | null = null;
let deadlineMs = 0;

const handler: RequestListener = async (request, response) => {
  served.push(`${request.method} ${request.url}`);
  asked = request.socket;
  if (repeatedHeaders(request.rawHeaders, request.headers).length > 0)
    return void response.writeHead(400, { connection: 'close' }).end('repeated');
  const body = await readBody(request, { maxBytes: CAP, deadlineMs });
  if (body.ok) response.writeHead(200).end(String(body.value.length));
  else response.writeHead(413, { connection: 'close' }).end(body.reason);
};

async function open(limits: Partial<ListenLimits> = {}): Promise<void> {
  const started = await listen({ place: { host: '127.0.0.1', port: 0 }, tls: null, limits }, handler);
  if (!started.ok) throw new Error(started.detail);
  listener = started.value;
}

beforeEach(() => {
  deadlineMs = 400;
  return open({ headersMs: 600, requestMs: 3000 });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  served = [];
  asked = null;
  await listener.close(0);
});

/** Sends bytes on a bare socket and resolves with everything that came back once the server closed, or after `ms`. */
function talk(first: string | Buffer, more: (socket: Socket) => void = () => {}, ms = 2500): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(listener.port, '127.0.0.1');
    sockets.push(socket);
    let answer = '';
    const finish = (): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(finish, ms);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', finish);
    socket.on('connect', () => {
      socket.write(first);
      more(socket);
    });
  });
}

const HEAD = 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const endless = (socket: Socket, chunk: string): void => {
  const more = (): void => {
    if (!socket.destroyed && socket.writable) socket.write(chunk, () => setImmediate(more));
  };
  more();
};
const drip = (socket: Socket, text: string, ms: number): void => {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(text)), ms);
};

describe('a body', () => {
  it.each([
    ['of exactly the cap is read', CAP, `${CAP}`],
    ['one byte over is refused', CAP + 1, 'http.body_too_large'],
  ])('%s', async (_name, size, expected) => {
    const answer = await talk(`${HEAD}Content-Length: ${size}\r\nConnection: close\r\n\r\n`, (socket) =>
      socket.write(Buffer.alloc(size, 'a')),
    );
    expect(answer).toContain(expected);
  });

  it('of exactly the cap is read chunked too, and one byte over is refused', async () => {
    const chunked = (size: number): Promise<string> =>
      talk(`${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`, (socket) => {
        socket.write(`${size.toString(16)}\r\n`);
        socket.write(Buffer.alloc(size, 'a'));
        socket.write('\r\n0\r\n\r\n');
      });
    expect(await chunked(CAP)).toContain(`${CAP}`);
    expect(await chunked(CAP + 1)).toContain('http.body_too_large');
  });

  it('without end is cut after the cap and 64 KiB', async () => {
    const answer = await talk(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, (socket) =>
      endless(socket, `10000\r\n${'a'.repeat(65_536)}\r\n`),
    );
    expect(answer).toContain('http.body_too_large');
    // Framing of the chunks (9 bytes each) and the head come on top of the body's bytes.
    await sleep(200);
    expect(asked?.bytesRead).toBeGreaterThan(CAP);
    expect(asked?.bytesRead).toBeLessThanOrEqual(CAP + 65_536 + 4096);
  });

  it('in chunks of one byte is refused long before it is large', async () => {
    // However slow the machine is, what refuses is the number of pieces.
    await listener.close(0);
    deadlineMs = 20_000;
    await open({ headersMs: 20_000, requestMs: 20_000 });
    const many = (socket: Socket): void => endless(socket, '1\r\na\r\n'.repeat(10_000));
    const answer = await talk(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, many, 20_000);
    expect(answer).toContain('http.body_too_large');
    await sleep(200);
    expect(asked?.bytesRead).toBeLessThan(2_000_000);
  }, 30_000);

  it('that declares too much is refused before a byte of it is read', async () => {
    expect(await talk(`${HEAD}Content-Length: 99999999999\r\n\r\n`)).toContain('http.body_too_large');
  });

  it('that drips is refused at its deadline', async () => {
    const answer = await talk(`${HEAD}Content-Length: 100\r\n\r\n`, (socket) => drip(socket, 'a', 50));
    expect(answer).toContain('http.body_too_slow');
  });

  it.each(['gzip', 'deflate', 'br', 'identity, gzip', 'x'])('with content encoding %s is refused unread', async (encoding) => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const answer = await talk(`${HEAD}Content-Encoding: ${encoding}\r\nContent-Length: ${bomb.length}\r\n\r\n`, (socket) =>
      socket.write(bomb),
    );
    expect(answer).toContain('http.content_encoding_not_allowed');
  });

  it('that is cut off harms nobody', async () => {
    await talk(`${HEAD}Content-Length: 100\r\n\r\nabc`, (socket) => setTimeout(() => socket.destroy(), 50));
    expect(await talk(`${HEAD}Content-Length: 2\r\nConnection: close\r\n\r\nok`)).toContain('200 OK');
  });
});

describe('headers', () => {
  it('that drip are cut off', async () => {
    const began = performance.now();
    const answer = await talk('POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n', (socket) => drip(socket, 'X-Slow: 1\r\n', 100), 5000);
    expect(answer).toContain('408');
    expect(performance.now() - began).toBeLessThan(3000);
    expect(served).toEqual([]);
  });

  it('over the size are refused', async () => {
    expect(await talk(`${HEAD}X-Long: ${'h'.repeat(20_000)}\r\n\r\n`)).toContain('431');
    expect(served).toEqual([]);
  });

  it.each([
    [
      'Content-Length and Transfer-Encoding',
      `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n`,
    ],
    ['two Content-Length', `${HEAD}Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde`],
    ['a hidden Transfer-Encoding', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['Transfer-Encoding with a space before the colon', `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${HEAD}X-A: b\r\n c: d\r\n\r\n`],
    ['a bare CR', `${HEAD}X-A: b\rX-C: d\r\n\r\n`],
    ['a negative length', `${HEAD}Content-Length: -1\r\n\r\n`],
    ['a length with a sign', `${HEAD}Content-Length: +5\r\n\r\nabcde`],
    ['a chunk size that is none', `${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n`],
    ['two Host headers', 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n'],
    ['no Host', 'POST /mcp HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('with %s get 400, and nothing after them is served', async (_name, bytes) => {
    const answer = await talk(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|413)/);
    expect(answer).not.toContain('200 OK');
    expect(served.filter((line) => line.includes('evil'))).toEqual([]);
  });
});

describe('connections', () => {
  it('pipelined requests are answered in order', async () => {
    const one = `${HEAD}Content-Length: 2\r\n\r\nab`;
    const two = `${HEAD}Content-Length: 3\r\nConnection: close\r\n\r\nabc`;
    const answer = await talk(one + two);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(2);
    expect(answer.indexOf('\r\n2\r\n') < answer.indexOf('\r\n3\r\n')).toBe(true);
  });

  it('over the cap of an address are closed, and a place is free again once one ends', async () => {
    await listener.close(0);
    await open({ connectionsPerAddress: 2, headersMs: 5000 });
    const held = [talk('GET', () => {}, 400), talk('GET', () => {}, 400)];
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await talk(`${HEAD}Content-Length: 0\r\n\r\n`)).toBe('');
    expect(listener.connections()).toMatchObject({ open: 2, refused: 1 });
    await Promise.all(held);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await talk(`${HEAD}Content-Length: 0\r\nConnection: close\r\n\r\n`)).toContain('200 OK');
  });

  it('that are idle do not hold up the end, and those at work are cut at the drain deadline', async () => {
    void talk(`${HEAD}Content-Length: 10\r\n\r\n`, () => {}, 5000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await listener.close(200);
    expect(performance.now() - began).toBeLessThan(1500);
  });
});

describe('a unix socket', () => {
  it('is reachable by its owner only', async () => {
    const path = join(tmpdir(), `sallyport-${process.pid}.sock`);
    const started = await listen({ place: { socketPath: path }, tls: null }, handler);
    if (!started.ok) throw new Error(started.detail);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await started.value.close(0);
  });

  it('a place that is taken is named, not taken over', async () => {
    expect(await listen({ place: { host: '127.0.0.1', port: listener.port }, tls: null }, handler)).toEqual({
      ok: false,
      reason: 'http.listen_failed',
      detail: 'EADDRINUSE',
    });
  });
});
