import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretString } from '../../src/base/secret-string.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { TraceTarget } from '../../src/contracts/running.ts';
import { type RawServer, rawServer, respond } from '../fixtures/hostile-http.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, call, modern, session, textOf } from './wire.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: JsonObject }[];
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string }[];
  readonly status: { readonly code?: number };
}

/** An OTLP receiver that reads what it is sent by the format's own names. */
interface Collector {
  readonly target: (ratio?: number) => TraceTarget;
  readonly spans: Span[];
  readonly heads: { readonly authorization: string | undefined; readonly type: string | undefined; readonly path: string | undefined }[];
  readonly bodies: string[];
  close(): Promise<void>;
}

async function collector(answer: 'ok' | 'never' = 'ok'): Promise<Collector> {
  const spans: Span[] = [];
  const heads: Collector['heads'] = [];
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      bodies.push(text);
      heads.push({ authorization: request.headers.authorization, type: request.headers['content-type'], path: request.url });
      const { resourceSpans } = JSON.parse(text) as {
        readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
      };
      for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      if (answer === 'ok') response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    spans,
    heads,
    bodies,
    target: (ratio = 1) => ({
      url: `http://127.0.0.1:${port}/v1/traces`,
      headers: { authorization: new SecretString('Bearer collector-canary') },
      ratio,
    }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A server of both eras that keeps what it was asked. */
async function witness(): Promise<{
  readonly server: RawServer;
  readonly calls: { readonly head: string; readonly meta: JsonObject | undefined; readonly params: string }[];
}> {
  const calls: { head: string; meta: JsonObject | undefined; params: string }[] = [];
  const results: Record<string, unknown> = {
    'server/discover': { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'witness', version: '1' } },
    'tools/list': { tools: [{ name: 'look', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'seen' }] },
  };
  const server = await rawServer((socket, body, head) => {
    if (body.id === undefined) {
      socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const params = (body as { readonly params?: JsonObject }).params;
    if (body.method === 'tools/call')
      calls.push({ head, meta: params?.['_meta'] as JsonObject | undefined, params: JSON.stringify(params) });
    respond(socket, JSON.stringify({ jsonrpc: '2.0', id: body.id, result: results[body.method ?? ''] ?? {} }));
  });
  return { server, calls };
}

const headerOf = (head: string, name: string): string | null => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? null;

let seen: Awaited<ReturnType<typeof witness>>;
let sink: Collector;
let gateway: TestGateway | null = null;
beforeEach(async () => {
  [seen, sink] = [await witness(), await collector()];
});
afterEach(async () => {
  await gateway?.stop();
  gateway = null;
  await Promise.all([seen.server.close(), sink.close()]);
});

async function start(traces: TraceTarget | null): Promise<Caller> {
  const server = { id: 'witness', transport: { kind: 'streamable-http', url: seen.server.url }, effects: { look: 'read' } };
  gateway = await startTestGateway({ servers: [server], start: { traces } });
  return { mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' };
}

const looked = async (count: number): Promise<(typeof seen.calls)[number]> => {
  await expect.poll(() => seen.calls.length).toBe(count);
  return seen.calls[count - 1] as (typeof seen.calls)[number];
};

const attribute = (span: Span | undefined, key: string): unknown =>
  Object.values(span?.attributes.find((one) => one.key === key)?.value ?? {})[0];

describe('without a collector', () => {
  it('the client’s context goes on to a stateless server, in _meta and as headers, and nothing else of its _meta does', async () => {
    const caller = await start(null);
    const meta = { traceparent: PARENT, tracestate: 'vendor=1', baggage: 'run=42', 'com.example/own': 'canary', note: 'canary' };
    await modern(caller, 1, 'tools/call', { name: 'witness__look', arguments: {}, _meta: meta });
    const { head, meta: got, params } = await looked(1);
    expect(got).toMatchObject({ traceparent: PARENT, tracestate: 'vendor=1', baggage: 'run=42' });
    expect([headerOf(head, 'traceparent'), headerOf(head, 'tracestate'), headerOf(head, 'baggage')]).toEqual([
      PARENT,
      'vendor=1',
      'run=42',
    ]);
    expect(params + head).not.toContain('canary');
  });

  it('the client’s header goes on to a stateful server as a header', async () => {
    const caller = await session(await start(null));
    await call({ ...caller, headers: { ...caller.headers, traceparent: PARENT } }, 1, 'witness__look');
    expect(headerOf((await looked(1)).head, 'traceparent')).toBe(PARENT);
  });

  it('the client’s header goes on to a stateful server on stdio, which has no headers, in _meta, and nothing else does', async () => {
    const args = [join(FIXTURES, 'revision-server-stdio.ts'), '--revision', '2025-11-25'];
    const transport = { kind: 'stdio', launch: { command: process.execPath, args } };
    gateway = await startTestGateway({ servers: [{ id: 'local', transport, effects: { trace: 'read' } }], start: { traces: null } });
    const inside = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    const traced = { ...inside, headers: { ...inside.headers, traceparent: PARENT, tracestate: 'vendor=1' } };
    expect(JSON.parse(textOf(await call(traced, 1, 'local__trace')))).toEqual({ traceparent: PARENT, tracestate: 'vendor=1' });
    expect(JSON.parse(textOf(await call(inside, 2, 'local__trace')))).toBeNull();
  });

  it.each([
    ['a broken parent', { traceparent: `${PARENT}-x`, tracestate: 'vendor=1' }],
    ['baggage that would end a header', { baggage: 'a=1\r\nx-evil: canary' }],
    ['no text', { traceparent: { deep: 'canary' }, baggage: 7 }],
  ])('%s goes nowhere and refuses nothing', async (_what, meta) => {
    const caller = await start(null);
    const told = await modern(caller, 1, 'tools/call', { name: 'witness__look', arguments: {}, _meta: meta });
    expect(told.status).toBe(200);
    const { head, params } = await looked(1);
    expect(head + params).not.toMatch(/traceparent|tracestate|baggage|canary/i);
  });
});

describe('with a collector', () => {
  it('a call is one span below the client’s, its guards are events in order, and the server goes on below it', async () => {
    const caller = await start(sink.target());
    await modern(caller, 1, 'tools/call', {
      name: 'witness__look',
      arguments: { text: 'argument-canary' },
      _meta: { traceparent: PARENT, baggage: 'run=42' },
    });
    await expect.poll(() => sink.spans.find(({ name }) => name === 'tools/call look'), { timeout: 15_000 }).toBeDefined();
    const span = sink.spans.find(({ name }) => name === 'tools/call look');
    expect([span?.traceId, span?.parentSpanId, span?.status.code ?? 0]).toEqual([TRACE, 'b7ad6b7169203331', 0]);
    expect(span?.events.map(({ name }) => name)).toEqual([
      'limit-address',
      'door',
      'authenticate',
      'frame',
      'limit-rate',
      'resolve-target',
      'authorize',
      'limit-calls',
    ]);
    const times = [span?.startTimeUnixNano, ...(span?.events ?? []).map(({ timeUnixNano }) => timeUnixNano), span?.endTimeUnixNano].map(
      (time) => BigInt(time ?? 0),
    );
    expect([...times].sort((a, b) => Number(a - b))).toEqual(times);
    expect([attribute(span, 'mcp.method.name'), attribute(span, 'sallyport.server'), attribute(span, 'gen_ai.tool.name')]).toEqual([
      'tools/call',
      'witness',
      'look',
    ]);
    const { meta, head } = await looked(1);
    expect([meta?.['traceparent'], meta?.['baggage']]).toEqual([`00-${TRACE}-${span?.spanId}-01`, 'run=42']);
    expect(headerOf(head, 'traceparent')).toBe(`00-${TRACE}-${span?.spanId}-01`);
    const record = (await gateway?.records('kind=intent'))?.at(-1)?.['record'] as JsonObject;
    expect(attribute(span, 'sallyport.exchange')).toBe(record['id']);
    expect(sink.heads[0]).toEqual({ authorization: 'Bearer collector-canary', type: 'application/json', path: '/v1/traces' });
    for (const canary of ['argument-canary', caller.key, 'collector-canary']) expect(sink.bodies.join('')).not.toContain(canary);
  });

  it('a refusal is a span that failed by its reason, and one that no client began has a trace of its own', async () => {
    const caller = await session(await start(sink.target()));
    await call(caller, 1, 'witness__no_such_canary');
    await expect.poll(() => sink.spans.find(({ name }) => name === 'tools/call'), { timeout: 15_000 }).toBeDefined();
    const span = sink.spans.find(({ name }) => name === 'tools/call');
    expect([span?.status.code, attribute(span, 'error.type'), span?.parentSpanId ?? '']).toEqual([2, 'gateway.unknown_tool', '']);
    expect(sink.bodies.join('')).not.toContain('no_such_canary');
  });

  it('what a client does not want sampled is not sent, and its server is told the same', async () => {
    const caller = await start(sink.target());
    await modern(caller, 1, 'tools/call', { name: 'witness__look', arguments: {}, _meta: { traceparent: PARENT.replace(/01$/, '00') } });
    expect((await looked(1)).meta?.['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    await modern(caller, 2, 'tools/list');
    await expect.poll(() => sink.spans.some(({ name }) => name === 'tools/list'), { timeout: 15_000 }).toBe(true);
    expect(sink.spans.filter(({ traceId }) => traceId === TRACE)).toEqual([]);
  });

  it('a collector that never answers, or is not there, costs no call its answer and holds no end', async () => {
    const deaf = await collector('never');
    const caller = await start(deaf.target());
    for (let i = 0; i < 20; i++) expect((await modern(caller, i, 'tools/call', { name: 'witness__look', arguments: {} })).status).toBe(200);
    const began = performance.now();
    await gateway?.stop();
    gateway = null;
    expect(performance.now() - began).toBeLessThan(10_000);
    await deaf.close();
    const away = await start({ ...deaf.target() });
    expect((await modern(away, 1, 'tools/call', { name: 'witness__look', arguments: {} })).status).toBe(200);
  }, 40_000);
});
