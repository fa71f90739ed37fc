import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Listener, type ListenLimits, listen } from './listen.ts';

const LARGE = 24_000_000;
const HEAD = 'HTTP/1.1\r\nHost: 127.0.0.1\r\n';

let listener: Listener;
let sockets: Socket[] = [];
/** Answers that ended before they were read. */
let abandoned = 0;
/** Ends what waits. */
let release: (() => void)[] = [];

const handler: RequestListener = (request, response) => {
  response.once('close', () => {
    if (!response.writableFinished) abandoned += 1;
  });
  if (request.url === '/large') response.end(Buffer.alloc(LARGE));
  else if (request.url === '/stream') response.writeHead(200).write('first');
  else if (request.url === '/wait') release.push(() => response.end('waited'));
  else response.end('ok');
};

async function open(limits: Partial<ListenLimits>): Promise<void> {
  const started = await listen(
    { place: { host: '127.0.0.1', port: 0 }, tls: null, limits: { headersMs: 60_000, requestMs: 60_000, ...limits } },
    handler,
  );
  if (!started.ok) throw new Error(started.detail);
  listener = started.value;
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  [sockets, release, abandoned] = [[], [], 0];
  await listener.close(0);
});

async function connected(): Promise<Socket> {
  const socket = connect(listener.port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const ask = (socket: Socket, path: string): boolean => socket.write(`GET ${path} ${HEAD}\r\n`);
const answered = async (path: string): Promise<string> => {
  const socket = await connected();
  ask(socket, path);
  const [chunk] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => ['closed'])])) as [Buffer | string];
  return chunk.toString();
};
const open10 = (): Promise<readonly Socket[]> => Promise.all(Array.from({ length: 10 }, connected));
const isClosed = (socket: Socket): boolean => socket.destroyed || socket.closed;

describe('where every place is taken', () => {
  it('who asks something is served, and the connection that was silent the longest makes room', async () => {
    await open({ connections: 10 });
    const first = await connected();
    await expect.poll(() => listener.connections().open).toBe(1);
    const rest = (await open10()).slice(0, 9);
    await expect.poll(() => listener.connections().open).toBe(10);
    expect(await answered('/')).toContain('200 OK');
    await expect.poll(() => [isClosed(first), rest.filter(isClosed).length + listener.connections().displaced >= 1]).toEqual([true, true]);
    expect(listener.connections()).toMatchObject({ open: 10, displaced: expect.any(Number), refused: 0 });
  });

  it('those that never asked go before those that did, and nobody who waits for an answer goes', async () => {
    await open({ connections: 10 });
    const waits = await connected();
    ask(waits, '/wait');
    const asked = await connected();
    ask(asked, '/');
    await once(asked, 'data');
    await expect.poll(() => release.length).toBe(1);
    // Eight silent ones fill it; each of twelve more pushes out a silent one.
    for (let i = 0; i < 20; i++) {
      await connected();
      await expect.poll(() => listener.connections().open).toBe(Math.min(10, 3 + i));
    }
    await expect.poll(() => listener.connections().displaced).toBe(12);
    expect([waits, asked].map(isClosed)).toEqual([false, false]);
    release[0]?.();
    expect(String(await once(waits, 'data'))).toContain('waited');
  });

  it('by requests that are being answered, a newcomer is refused', async () => {
    await open({ connections: 10 });
    const all = await open10();
    for (const socket of all) ask(socket, '/wait');
    await expect.poll(() => release.length).toBe(10);
    expect(await answered('/')).toBe('closed');
    expect(listener.connections()).toMatchObject({ open: 10, displaced: 0, refused: 1 });
    expect(all.filter(isClosed)).toEqual([]);
  });

  it('a caller over the cap of its address displaces nobody', async () => {
    await open({ connections: 10, connectionsPerAddress: 3 });
    const held = [await connected(), await connected(), await connected()];
    await expect.poll(() => listener.connections().open).toBe(3);
    expect(await answered('/')).toBe('closed');
    expect([held.filter(isClosed).length, listener.connections().displaced]).toEqual([0, 0]);
  });
});

describe('a client that does not read', () => {
  it('is cut at its deadline, and what was to be written is let go [R2-056 part: unread and half-open connections]', async () => {
    await open({ unreadMs: 300, unreadBytesPerSecond: 1e9 });
    const socket = await connected();
    socket.pause();
    ask(socket, '/large');
    await expect.poll(() => listener.connections(), { timeout: 15_000 }).toMatchObject({ open: 0, unread: 1 });
    expect(abandoned).toBe(1);
    expect(await answered('/')).toContain('200 OK');
  });

  it('fast enough keeps its connection: what counts is what it takes, however long that lasts', async () => {
    await open({ unreadMs: 500, unreadBytesPerSecond: 200_000 });
    const socket = await connected();
    let read = 0;
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
      socket.pause();
      setTimeout(() => socket.resume(), 3);
    });
    ask(socket, '/large');
    const began = performance.now();
    await expect.poll(() => read, { timeout: 60_000, interval: 50 }).toBeGreaterThan(LARGE);
    // Longer than one that takes nothing is waited for.
    expect(performance.now() - began).toBeGreaterThan(500);
    expect(listener.connections()).toMatchObject({ open: 1, unread: 0 });
  }, 90_000);

  it('but has nothing to read is left alone', async () => {
    await open({ unreadMs: 100, unreadBytesPerSecond: 1e9 });
    const socket = await connected();
    ask(socket, '/stream');
    await once(socket, 'data');
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(listener.connections()).toMatchObject({ open: 1, unread: 0 });
  });
});

it('the system probes a connection on which nothing happens [R2-056 part: unread and half-open connections]', async () => {
  await open({});
  const socket = await connected();
  const port = socket.localPort ?? 0;
  await expect.poll(() => listener.connections().open).toBe(1);
  // Elsewhere there is no such table, and the setting is the same.
  const probed = process.platform === 'linux' ? timerOf(port, listener.port) : '02';
  expect(probed).toBe('02');
});

/** The kernel's timer of our end of a connection: 02 is the one of its probes (proc_net_tcp, `tr`). */
function timerOf(remote: number, local: number): string | undefined {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const row = rows.find(([, ours, theirs]) => ours?.endsWith(`:${hex(local)}`) && theirs?.endsWith(`:${hex(remote)}`));
  return row?.[5]?.split(':')[0];
}
