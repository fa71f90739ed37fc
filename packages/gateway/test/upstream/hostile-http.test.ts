import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayReason } from '../../src/contracts/reasons/gateway.ts';
import { handshakeModern, type RawServer, rawServer, respond } from '../fixtures/hostile-http.ts';
import { type Bench, eventually, httpTransport, openBench, owner, registration, toolCall } from '../fixtures/upstreams.ts';

let bench: Bench;
let server: RawServer | null = null;
beforeEach(() => {
  bench = openBench({ startMs: 2000 });
});
afterEach(async () => {
  await bench.close();
  await server?.close();
  server = null;
});

const result = (id: unknown, text: string): string => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });
const stream = (socket: Socket, type = 'text/event-stream'): void =>
  void socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nConnection: close\r\n\r\n`);

async function call(behave: (socket: Socket, id: string) => void, timeoutMs = 1500): Promise<string> {
  server = await rawServer((socket, body) => {
    if (!handshakeModern(socket, body)) behave(socket, body.id ?? '');
  });
  const got = await bench.upstreams.acquire(registration('raw', httpTransport(server.url)), 'modern', owner('ann'));
  if (!got.ok) throw new Error(`${got.reason} ${got.detail}`);
  const answer = await got.value.request(toolCall('call', {}, { timeoutMs }));
  if (!answer.ok) return answer.reason;
  return answer.value.kind === 'result' ? answer.value.text : `error ${answer.value.code}`;
}

const endless = (socket: Socket, chunk: string): void => {
  const more = (): void => {
    if (!socket.destroyed) socket.write(chunk, () => setImmediate(more));
  };
  more();
};

const MEGABYTE = 'a'.repeat(1_048_576);

const FAILURES: readonly [string, (socket: Socket, id: string) => void, GatewayReason][] = [
  ['never answers', () => {}, 'gateway.upstream_timeout'],
  [
    'drips one byte at a time',
    (socket) => {
      stream(socket, 'application/json');
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    },
    'gateway.upstream_timeout',
  ],
  ['closes at once', (socket) => socket.destroy(), 'gateway.upstream_closed'],
  [
    'closes in the middle of its answer',
    (socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"jsonrpc"');
    },
    'gateway.upstream_closed',
  ],
  [
    'answers an endless body',
    (socket) => {
      stream(socket, 'application/json');
      endless(socket, MEGABYTE);
    },
    'gateway.upstream_too_large',
  ],
  [
    'answers one endless event',
    (socket) => {
      stream(socket);
      socket.write('data: ');
      endless(socket, MEGABYTE);
    },
    'gateway.upstream_too_large',
  ],
  [
    'sends events without end',
    (socket) => {
      stream(socket);
      endless(socket, 'data: {"jsonrpc":"2.0","method":"notifications/x"}\n\n'.repeat(500));
    },
    'gateway.upstream_garbage',
  ],
  [
    'ends the stream without an answer',
    (socket) => {
      stream(socket);
      socket.end(': nothing\n\n');
    },
    'gateway.upstream_garbage',
  ],
  ['answers as HTML', (socket) => respond(socket, '<p>', 'text/html'), 'gateway.upstream_garbage'],
  [
    'answers with a type that only looks like JSON',
    (socket, id) => respond(socket, result(id, 'x'), 'application/json;\tx=y'),
    'gateway.upstream_garbage',
  ],
  ['answers garbage', (socket) => respond(socket, '{not json'), 'gateway.upstream_garbage'],
  ['answers a batch', (socket, id) => respond(socket, `[${result(id, 'x')}]`), 'gateway.upstream_garbage'],
  ['answers another id', (socket) => respond(socket, result('other', 'stolen')), 'gateway.upstream_garbage'],
  [
    'asks for a round trip that was not offered',
    (socket, id) => respond(socket, JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'input_required' } })),
    'gateway.upstream_garbage',
  ],
  [
    'floods headers',
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${`X-Long: ${'h'.repeat(1000)}\r\n`.repeat(200)}\r\n`);
    },
    'gateway.upstream_closed',
  ],
  [
    'refuses the credential',
    (socket) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    },
    'gateway.upstream_authentication',
  ],
  [
    'is overloaded',
    (socket) => {
      socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
    },
    'gateway.upstream_unavailable',
  ],
  [
    'redirects',
    (socket) => {
      socket.write('HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n');
    },
    'gateway.upstream_garbage',
  ],
];

describe('an HTTP server that misbehaves in a call', () => {
  it.each(FAILURES)('%s', async (_name, behave, reason) => {
    expect(await call(behave)).toBe(reason);
  });

  it('answers twice: the first answer counts', async () => {
    const text = await call((socket, id) => {
      stream(socket);
      socket.end(`data: ${result(id, 'first')}\n\ndata: ${result(id, 'second')}\n\n`);
    });
    expect(text).toContain('first');
  });

  it('forges progress and log messages, which nobody gets, and sends requests, which nobody answers', async () => {
    const text = await call((socket, id) => {
      stream(socket);
      const messages = [
        { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'guess', progress: 1 } },
        { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } },
        { jsonrpc: '2.0', id: 'mine', method: 'sampling/createMessage', params: {} },
      ];
      for (const message of messages) socket.write(`data: ${JSON.stringify(message)}\n\n`);
      socket.end(`data: ${result(id, 'done')}\n\n`);
    });
    expect(text).toContain('done');
    expect(server?.heads.length).toBe(3);
  });

  it('sees its response closed when the caller cancels', async () => {
    let closed = false;
    const abort = new AbortController();
    server = await rawServer((socket, body) => {
      if (handshakeModern(socket, body)) return;
      socket.on('close', () => {
        closed = true;
      });
      abort.abort();
    });
    const got = await bench.upstreams.acquire(registration('raw', httpTransport(server.url)), 'modern', owner('ann'));
    if (!got.ok) throw new Error(got.reason);
    expect(await got.value.request(toolCall('call', {}, { signal: abort.signal }))).toMatchObject({ reason: 'gateway.cancelled' });
    await eventually(() => closed);
  });

  it('takes a name with a line break as base64, never as a header of its own', async () => {
    server = await rawServer((socket, body) => {
      if (!handshakeModern(socket, body)) respond(socket, result(body.id, 'ok'));
    });
    const got = await bench.upstreams.acquire(registration('raw', httpTransport(server.url)), 'modern', owner('ann'));
    if (!got.ok) throw new Error(got.reason);
    await got.value.request(toolCall('x\r\nX-Evil: 1'));
    const head = server.heads.at(-1) ?? '';
    expect(head).not.toMatch(/^x-evil/im);
    expect(head).toMatch(/mcp-name: =\?base64\?/i);
  });
});

describe('an HTTP server that cannot be reached', () => {
  it.each([
    ['nothing listens', 'http://127.0.0.1:1/mcp'],
    ['a private address', 'https://10.0.0.1/mcp'],
    ['the metadata service', 'https://169.254.169.254/latest'],
    ['plain HTTP to another host', 'http://example.com/mcp'],
    ['another scheme', 'file:///etc/passwd'],
    ['credentials in the URL', 'http://a:b@127.0.0.1/'],
  ])('%s is refused', async (_name, url) => {
    expect(await bench.upstreams.acquire(registration('far', httpTransport(url)), 'modern', owner('ann'))).toMatchObject({
      ok: false,
      reason: 'gateway.upstream_unavailable',
    });
  });
});
