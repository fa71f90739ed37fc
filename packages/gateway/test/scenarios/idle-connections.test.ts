import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { META } from './bad-stand.ts';
import { bareAsk } from './bare-socket.ts';
import { FIXTURES, startTestGateway } from './running-gateway.ts';
import { modern } from './wire.ts';

// More than the gateway takes, from as many addresses as that needs. Elsewhere the loopback network has one address, and its cap is the bound.
const [COUNT, ADDRESSES, HELD] = process.platform === 'linux' ? [11_000, 40, 9000] : [500, 1, 400];

const connections = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

it('10,000 connections that ask for nothing hold up nobody, cost little, are closed in time, and leave nothing behind [R2-056 part: idle connections]', async () => {
  const gateway = await startTestGateway();
  const { text: key } = await gateway.key({ name: 'a neighbour', roles: ['reader'] });
  const kept = { mcp: gateway.mcp, key };
  /** On a connection of its own, for which there has to be a place. */
  const anew = async (): Promise<number> => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${META}}}`;
    const headers = {
      host: new URL(gateway.mcp).host,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
      'content-length': String(body.length),
    };
    return (await bareAsk({ url: gateway.mcp, headers: Object.entries(headers), body: [body] })).status;
  };
  expect([await anew(), (await modern(kept, 1, 'tools/list')).status]).toEqual([200, 200]);
  const before = { connections: connections(), rss: process.memoryUsage.rss() };

  const flood = spawn(process.execPath, [join(FIXTURES, 'idle-flood.ts'), new URL(gateway.mcp).port, String(COUNT), String(ADDRESSES)]);
  const ended = once(flood, 'exit');
  let told = { closed: 0 };
  createInterface({ input: flood.stdout }).on('line', (line) => {
    told = JSON.parse(line) as typeof told;
  });
  try {
    await expect.poll(connections, { timeout: 120_000, interval: 20 }).toBeGreaterThan(HELD);
    // All the while: whoever asks is answered, and the flood's own are closed and come again.
    let asked = 0;
    const statuses = new Set<number>();
    while (told.closed < COUNT || asked < 50) {
      statuses.add(await anew()).add((await modern(kept, asked, 'tools/list')).status);
      asked += 1;
      expect(connections()).toBeLessThanOrEqual(10_000 + before.connections + 100);
    }
    expect([...statuses]).toEqual([200]);
    // 30 KB a connection, most of it garbage that was not collected yet.
    expect(process.memoryUsage.rss() - before.rss).toBeLessThan(400 * 2 ** 20);
  } finally {
    flood.stdin.end();
    await ended;
  }
  await expect.poll(connections, { timeout: 60_000 }).toBeLessThanOrEqual(before.connections + 10);
  expect([await anew(), (await modern(kept, 1, 'tools/list')).status]).toEqual([200, 200]);
  await gateway.stop();
}, 300_000);
