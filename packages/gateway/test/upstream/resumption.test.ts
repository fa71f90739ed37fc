import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamRequest, UpstreamSession } from '../../src/gateway/upstream/upstream.ts';
import { type RawServer, rawServer, respond } from '../fixtures/hostile-http.ts';
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

interface Sent {
  readonly id?: string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly _meta?: { readonly progressToken?: string } };
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'raw', version: '1' } },
  'tools/list': { tools: [{ name: 'call', inputSchema: { type: 'object' } }] },
};

/** What a stateful server is asked besides the call; false where it is the call or a GET. */
function handshake(socket: Socket, { id, method = '' }: Sent): boolean {
  if (method.startsWith('notifications/')) socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
  else if (ANSWERS[method] !== undefined)
    respond(socket, JSON.stringify({ jsonrpc: '2.0', id, result: ANSWERS[method] }), 'application/json', 'Mcp-Session-Id: s1\r\n');
  else return false;
  return true;
}

const result = (id: unknown, text = 'done'): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

/** An event stream that ends after these events; `broken` cuts the connection before its end was announced. */
const events = (socket: Socket, text: string, broken = false): void => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  if (broken) setTimeout(() => socket.destroy(), 20);
  else socket.write('0\r\n\r\n');
};

type Resumed = (socket: Socket, call: Sent, times: number) => void;

interface Seen {
  readonly session: UpstreamSession;
  /** Heads of the GETs that resumed a call's stream. */
  readonly gets: string[];
  readonly posts: () => number;
}

/** A server whose standing stream is refused, so that each GET is one that resumes. */
async function open(behave: { readonly call: (socket: Socket, call: Sent) => void; readonly resumed: Resumed }): Promise<Seen> {
  const gets: string[] = [];
  const calls: Sent[] = [];
  server = await rawServer((socket, body: Sent, head) => {
    if (head.startsWith('GET') && !/last-event-id/i.test(head)) {
      socket.write('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n');
    } else if (head.startsWith('GET')) {
      gets.push(head);
      behave.resumed(socket, calls.at(-1) ?? {}, gets.length);
    } else if (!head.startsWith('POST')) {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    } else if (!handshake(socket, body)) {
      calls.push(body);
      behave.call(socket, body);
    }
  });
  const got = await bench.upstreams.acquire(registration('raw', httpTransport(server.url)), 'legacy', owner('ann', 'session'));
  if (!got.ok) throw new Error(`${got.reason} ${got.detail}`);
  return { session: got.value, gets, posts: () => calls.length };
}

async function told(session: UpstreamSession, changes: Partial<UpstreamRequest> = {}): Promise<string> {
  const answer = await session.request(toolCall('call', {}, changes));
  if (!answer.ok) return answer.reason;
  return answer.value.kind === 'result' ? answer.value.text : `error ${answer.value.code}`;
}

const DONE = JSON.stringify({ content: [{ type: 'text', text: 'done' }] });
const primed = (socket: Socket, retry = 60): void => events(socket, `id: a_1\nretry: ${retry}\ndata: \n\n`);
const lastEventId = (head: string): string | undefined => /last-event-id: (.*)/i.exec(head)?.[1]?.trim();

describe('a call whose stateful server ends the stream before it answers', () => {
  it('is asked for the rest by the last event, in its session, and never sent twice', async () => {
    const seen = await open({
      call: (socket) => primed(socket),
      resumed: (socket, call) => events(socket, `id: a_2\ndata: ${result(call.id)}\n\n`),
    });
    expect(await told(seen.session)).toBe(DONE);
    expect(seen.posts()).toBe(1);
    expect(seen.gets.map(lastEventId)).toEqual(['a_1']);
    expect(seen.gets[0]).toMatch(/mcp-session-id: s1/i);
    expect(seen.gets[0]).toMatch(/mcp-protocol-version: 2025-11-25/i);
  });

  it('goes on from each newer event, however often it ends, and hears progress on the way', async () => {
    const heard: unknown[] = [];
    const seen = await open({
      call: (socket) => primed(socket),
      resumed: (socket, call, times) => {
        const progress = { progressToken: call.params?._meta?.progressToken, progress: times };
        const more = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: progress });
        events(socket, `id: a_${times + 1}\ndata: ${times < 4 ? more : result(call.id)}\n\n`);
      },
    });
    expect(await told(seen.session, { onProgress: (params) => void heard.push(params['progress']) })).toBe(DONE);
    expect(heard).toEqual([1, 2, 3]);
    expect(seen.gets.map(lastEventId)).toEqual(['a_1', 'a_2', 'a_3', 'a_4']);
  });

  it('goes on where the connection broke', async () => {
    const seen = await open({
      call: (socket) => events(socket, 'id: a_1\nretry: 60\ndata: \n\n', true),
      resumed: (socket, call) => events(socket, `id: a_2\ndata: ${result(call.id)}\n\n`),
    });
    expect(await told(seen.session)).toBe(DONE);
  });

  it('waits as long as the server asks, and tells whoever waits', async () => {
    const parked: number[] = [];
    const seen = await open({
      call: (socket) => primed(socket, 400),
      resumed: (socket, call) => events(socket, `id: a_2\ndata: ${result(call.id)}\n\n`),
    });
    const began = performance.now();
    expect(await told(seen.session, { onParked: (ms) => void parked.push(ms) })).toBe(DONE);
    expect(performance.now() - began).toBeGreaterThan(390);
    expect(parked).toEqual([400]);
  });

  it.each([
    ['no event had an id', (socket: Socket) => events(socket, 'retry: 60\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n')],
    ['the id cannot stand in a header', (socket: Socket) => events(socket, 'id: a\u0001b\ndata: \n\n')],
    ['the id would begin another header line', (socket: Socket) => events(socket, 'id: é\u2028x: y\ndata: \n\n')],
  ])('fails at once where %s', async (_, call) => {
    const seen = await open({ call, resumed: (socket) => socket.destroy() });
    expect(await told(seen.session)).toBe('gateway.upstream_garbage');
    expect(seen.gets).toEqual([]);
  });

  it('gives up on a server that ends it again and again without a new event', async () => {
    const seen = await open({ call: (socket) => primed(socket, 0), resumed: (socket) => primed(socket, 0) });
    expect(await told(seen.session, { timeoutMs: 20_000 })).toBe('gateway.upstream_garbage');
    expect(seen.gets.length).toBe(5);
    expect(seen.posts()).toBe(1);
  });

  it.each([400, 404, 405, 409])('fails where the server answers %i to the GET, and sends nothing again', async (status) => {
    const seen = await open({
      call: (socket) => primed(socket),
      resumed: (socket) => {
        const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no such event"}}';
        socket.write(`HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      },
    });
    expect(await told(seen.session)).toBe('gateway.upstream_closed');
    expect(seen.posts()).toBe(1);
  });

  it('asks again after a 503', async () => {
    const seen = await open({
      call: (socket) => primed(socket),
      resumed: (socket, call, times) =>
        times === 1
          ? socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n')
          : events(socket, `id: a_2\ndata: ${result(call.id)}\n\n`),
    });
    expect(await told(seen.session)).toBe(DONE);
    expect(seen.gets.map(lastEventId)).toEqual(['a_1', 'a_1']);
  });

  it('ends at its deadline, however long the server asks to wait, and asks no more', async () => {
    const seen = await open({ call: (socket) => primed(socket, 30_000), resumed: (socket) => socket.destroy() });
    expect(await told(seen.session, { timeoutMs: 300 })).toBe('gateway.upstream_timeout');
    expect(seen.gets).toEqual([]);
  });

  it('is cancelled while nobody holds a stream', async () => {
    const cancel = new AbortController();
    const seen = await open({ call: (socket) => primed(socket, 30_000), resumed: (socket) => socket.destroy() });
    const answer = told(seen.session, { signal: cancel.signal, onParked: () => cancel.abort() });
    expect(await answer).toBe('gateway.cancelled');
    await eventually(() => (server?.heads ?? []).length > 4);
  });

  it('takes no answer to another call from its stream', async () => {
    const seen = await open({
      call: (socket) => primed(socket),
      resumed: (socket, call, times) => events(socket, `id: a_${times + 1}\ndata: ${result(times === 1 ? 'somebody-elses' : call.id)}\n\n`),
    });
    expect(await told(seen.session)).toBe(DONE);
    expect(seen.gets.length).toBe(2);
  });

  it('cuts a server that answers with notifications for ever, over all its streams together', async () => {
    const note = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } })}\n\n`;
    const seen = await open({
      call: (socket) => primed(socket, 50),
      resumed: (socket, _, times) => events(socket, `id: a_${times + 1}\n${note}${note.repeat(5999)}`),
    });
    expect(await told(seen.session, { timeoutMs: 15_000 })).toBe('gateway.upstream_garbage');
    expect(seen.gets.length).toBeLessThan(6);
  });
});

describe('the standing stream of a stateful server', () => {
  it('is taken up again after the last event, after the time that the server asks for', async () => {
    const gets: string[] = [];
    server = await rawServer((socket, body: Sent, head) => {
      if (head.startsWith('GET')) {
        gets.push(head);
        if (gets.length < 3) events(socket, `id: s_${gets.length}\nretry: 50\ndata: \n\n`);
      } else if (!handshake(socket, body)) respond(socket, result(body.id));
    });
    const got = await bench.upstreams.acquire(registration('raw', httpTransport(server.url)), 'legacy', owner('ann', 'session'));
    expect(got.ok).toBe(true);
    await eventually(() => gets.length === 3);
    expect(gets.map(lastEventId)).toEqual([undefined, 's_1', 's_2']);
  });

  it('begins anew where the server knows the event no more', async () => {
    const gets: string[] = [];
    server = await rawServer((socket, body: Sent, head) => {
      if (head.startsWith('GET')) {
        gets.push(head);
        if (gets.length === 1) events(socket, 'id: s_1\nretry: 50\ndata: \n\n');
        else if (gets.length === 2) socket.write('HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n');
      } else if (!handshake(socket, body)) respond(socket, result(body.id));
    });
    const got = await bench.upstreams.acquire(registration('raw', httpTransport(server.url)), 'legacy', owner('ann', 'session'));
    expect(got.ok).toBe(true);
    await eventually(() => gets.length === 3);
    expect(gets.map(lastEventId)).toEqual([undefined, 's_1', undefined]);
  });
});
