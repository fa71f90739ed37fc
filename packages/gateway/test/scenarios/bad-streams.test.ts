import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_BODIES } from './bad-bodies.ts';
import { BAD_HEADS } from './bad-heads.ts';
import { askOf, ERAS, judge, openStand, refOf, type Stand } from './bad-stand.ts';
import { AROUND, bytesTaken, CAP, callOf, LIST, listOf, NOT_HTTP, SLOW_BODIES, TOO_MUCH } from './bad-streams.ts';
import { bareAsk } from './bare-socket.ts';
import { BOTH, call, post, request, textOf } from './wire.ts';

const LARGE_INSIDE = ['a gzip bomb of 64 MB', '100,000 arrays deep', '100,000 objects deep, never closed'];

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.stop());

describe('a body that is too much', () => {
  it.each(ERAS)('is one of 10,485,761 bytes; one of 10,485,760 is accepted and answered, in the %s era [R2-040]', async (era) => {
    const list = { name: 'all', era, headers: { ...LIST[era], 'content-length': String(CAP) }, status: 200, code: null, reason: null };
    const answer = await bareAsk(askOf(stand, { ...list, body: () => [listOf(era, CAP)], withinMs: 20_000 }, 2));
    expect(answer).toMatchObject({ status: 200, message: { id: 'all', result: { tools: expect.any(Array) } } });
  });

  it.each(ERAS)('of exactly 10,485,760 bytes is read as a call too, whatever the journal can hold of it, in the %s era', async (era) => {
    const call = { name: 'all', era, headers: { 'content-length': String(CAP) }, status: 200, code: null, reason: null };
    const answer = await bareAsk(askOf(stand, { ...call, body: () => [callOf(era, CAP)], withinMs: 20_000 }, 2));
    expect(answer).toMatchObject({ status: 200, message: { jsonrpc: '2.0', id: 'bad' } });
    expect(answer.body).not.toContain('larger than 10 MB');
  });

  it.each([...BAD_HEADS, ...BAD_BODIES].filter(({ name }) => LARGE_INSIDE.includes(name)).map((bad) => [bad.era, bad.name, bad] as const))(
    '%s: %s is refused, and takes neither time nor 50 MB [R2-040]',
    async (_era, _name, bad) => {
      const { value, most } = await bytesTaken(() => judge(stand, bad, 5));
      expect(value).toEqual([]);
      expect(most).toBeLessThanOrEqual(CAP);
    },
  );

  it('that was refused unread ends its connection, and one that was read whole does not', async () => {
    const kept = async (bytes: number, headers: Readonly<Record<string, string>>) => {
      const response = await fetch(stand.gateway.mcp, {
        method: 'POST',
        headers: {
          ...stand.legacy.headers,
          'content-type': 'application/json',
          accept: BOTH,
          authorization: `Bearer ${stand.legacy.key}`,
          ...headers,
        },
        body: callOf('legacy', bytes),
      });
      await response.text();
      return [response.status, response.headers.get('connection')];
    };
    expect(await kept(CAP + 1, {})).toEqual([413, 'close']);
    expect(await kept(200_000, { 'content-encoding': 'gzip' })).toEqual([415, 'close']);
    expect(await kept(1000, {})).toEqual([200, 'keep-alive']);
  });

  it.each(TOO_MUCH.map((bad) => [bad.era, bad.name, bad] as const))(
    '%s: %s is refused, and no more than 64 KiB over the cap are taken from the socket [R2-040]',
    async (_era, _name, bad) => {
      const { value, most } = await bytesTaken(() => judge(stand, bad, 3));
      expect(value).toEqual([]);
      expect(most).toBeLessThanOrEqual(CAP + 65_536 + AROUND);
    },
    30_000,
  );
});

describe('what is no HTTP request', () => {
  it.each(NOT_HTTP.map((bad) => [bad.era, bad.name, bad] as const))('%s: %s', async (_era, _name, bad) => {
    expect((await judge(stand, bad, 4)).filter((wrong) => bad.reason !== null || !wrong.includes('recorded'))).toEqual([]);
  });
});

describe('what comes slowly', () => {
  it('ends with 408: a body after 30 s, headers after 10 s, while others are answered [R2-056 part: slow heads and bodies]', async () => {
    const slow = SLOW_BODIES.map((bad, i) => bareAsk(askOf(stand, bad, 10 + i)));
    const heads = bareAsk({ url: stand.gateway.mcp, headers: [], from: 12, timeoutMs: 20_000, body: [] }).then((answer) => answer.status);
    const crawl = crawling(stand.gateway.mcp);
    for (let i = 0; i < 20; i++)
      expect(textOf(await call(stand.legacy, `n${i}`, 'local__echo', { text: `next ${i}` }))).toContain(`next ${i}`);
    expect(await heads).toBe(400);
    const crawled = await crawl;
    expect(crawled.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(crawled.ms).toBeLessThan(12_000);
    for (const [i, answer] of (await Promise.all(slow)).entries()) {
      expect(answer).toMatchObject({ status: 408, message: { error: { code: 40800 } } });
      expect(answer.tookMs).toBeLessThan(33_000);
      const { body } = await stand.gateway.admin('GET', `/log/${refOf(answer)}`);
      expect(body).toMatchObject({ items: [{ record: { kind: 'refusal', reason: SLOW_BODIES[i]?.reason } }] });
    }
  }, 60_000);

  it('records a body that ended early, and answers the next call', async () => {
    const early = async (): Promise<number> => (await stand.gateway.records('reason=http.body_incomplete')).length;
    const before = await early();
    const { hostname, port } = new URL(stand.gateway.mcp);
    const head = Object.entries(stand.headers('legacy')).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(`POST /mcp HTTP/1.1\r\n${head.join('')}Content-Length: 500\r\n\r\n{"jsonrpc":`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    await expect.poll(early).toBe(before + 1);
    expect(textOf(await call(stand.legacy, 1, 'local__echo', { text: 'after' }))).toContain('after');
  });
});

describe('an id that is in use', () => {
  it('is refused while its call is being answered, and the call goes on', async () => {
    const slow = call(stand.legacy, 'same', 'local__slow', { n: 1200 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = stand.forwarded();
    const second = await call(stand.legacy, 'same', 'local__echo', { text: 'again' });
    expect(second).toMatchObject({ status: 400, message: { id: 'same', error: { code: -32600 } } });
    expect(stand.forwarded()).toBe(before);
    expect((await post(stand.legacy, request('other', 'ping'))).message).toMatchObject({ id: 'other', result: {} });
    expect(textOf(await slow)).toBe('slow');
    expect(textOf(await call(stand.legacy, 'same', 'local__echo', { text: 'free' }))).toContain('free');
    expect((await stand.gateway.records('reason=protocol.id_in_use')).length).toBe(1);
  });
});

function crawling(url: string): Promise<{ readonly text: string; readonly ms: number }> {
  const { hostname, port } = new URL(url);
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.1' });
    let text = '';
    socket.write('POST /mcp HTTP/1.1\r\n');
    const drip = setInterval(() => socket.write('x'), 300);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(drip);
        resolve({ text, ms: performance.now() - began });
      });
  });
}
