import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen, standing } from './listening.ts';
import { FIXTURES, httpToolServer, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, call, modern, session } from './wire.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-list-changes-'));
const toolsFile = join(dir, 'tools.json');
const offer = (...names: readonly string[]): void =>
  writeFileSync(toolsFile, JSON.stringify(names.map((name) => ({ name, description: name, inputSchema: { type: 'object' } }))));

/** What a client hears in time to believe it. */
const SOON = { timeout: 1500, interval: 20 };
const TOOLS = 'notifications/tools/list_changed';

let gateway: TestGateway;
let ann: Caller;
let away: { readonly process: ChildProcess; readonly port: number };
beforeAll(async () => {
  offer('echo');
  away = await startAway();
  const offerFile = join(dir, 'offer.json');
  writeFileSync(offerFile, '{}');
  gateway = await startTestGateway({
    servers: [
      toolServer('own', { offer: offerFile }),
      httpToolServer('http', { offer: offerFile }),
      { id: 'away', transport: { kind: 'streamable-http', url: `http://127.0.0.1:${away.port}/mcp` }, effects: { echo: 'read' } },
    ],
  });
  ann = { mcp: gateway.mcp, key: (await gateway.key({ name: 'ann', roles: ['writer'] })).text };
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  away.process.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A server that the gateway does not start: it goes away and comes back. */
async function startAway(port = 0): Promise<typeof away> {
  const args = [join(FIXTURES, 'tool-server-http.ts'), '--tools-file', toolsFile, '--port', String(port)];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: process_.stdout })) return { process: process_, port: Number(line.split(':').at(-1)) };
  throw new Error('the server did not start');
}

const heardOf = (listening: Listening, method: string): number => listening.methods().filter((one) => one === method).length;
const change = (server: string): Promise<unknown> => modern(ann, 1, 'tools/call', { name: `${server}__add_tool`, arguments: {} });

describe.each(['own', 'http'])('a stateless client that listens to the changes of %s', (server) => {
  const caller = (): Caller => ({ ...ann, mcp: `${gateway.mcp}/${server}` });
  const changeIt = (): Promise<unknown> => modern(caller(), 1, 'tools/call', { name: 'add_tool', arguments: {} });

  it('hears of one that comes right after the acknowledgement, and of each that follows at once', async () => {
    const listening = await listen(caller(), 'l', { toolsListChanged: true });
    await expect.poll(() => listening.heard.length, { timeout: 5000, interval: 5 }).toBe(1);
    for (const count of [1, 2, 3]) {
      const before = heardOf(listening, TOOLS);
      expect(before).toBeGreaterThanOrEqual(count - 1);
      await changeIt();
      await expect.poll(() => heardOf(listening, TOOLS), SOON).toBeGreaterThan(before);
    }
    listening.end();
  });

  it('hears of what changed while it did not listen, where it listened before', async () => {
    const first = await listen(caller(), 'first', { toolsListChanged: true });
    await expect.poll(() => first.heard.length, { timeout: 5000, interval: 5 }).toBe(1);
    first.end();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await changeIt();
    const second = await listen(caller(), 'second', { toolsListChanged: true });
    await expect.poll(() => heardOf(second, TOOLS), { timeout: 3000 }).toBeGreaterThan(0);
    second.end();
  });

  it('is not told of a list that only says that it changed, however often', async () => {
    const listening = await listen(caller(), 'f', { toolsListChanged: true, resourcesListChanged: true });
    await expect.poll(() => listening.heard.length, { timeout: 5000, interval: 5 }).toBeGreaterThan(0);
    // What the tests before have changed is settled by then.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const before = listening.heard.length;
    const start = Date.now();
    for (let i = 0; i < 60; i++)
      for (const text of ['tools', 'resources']) await modern(caller(), i, 'tools/call', { name: 'announce', arguments: { text } });
    const seconds = (Date.now() - start) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const after = listening.methods().slice(before);
    expect(after.filter((method) => method === TOOLS)).toEqual([]);
    expect(after.length).toBeGreaterThan(0);
    expect(after.length).toBeLessThanOrEqual(Math.ceil(seconds) + 2);
    listening.end();
  });
});

it('a stateful client hears of each change in time', async () => {
  const inside = await session(ann);
  const listening = await standing(inside);
  await call(inside, 1, 'own__echo', { text: 'a session of its own is started' });
  for (let i = 0; i < 3; i++) {
    const before = heardOf(listening, TOOLS);
    await call(inside, 2, 'own__add_tool');
    await expect.poll(() => heardOf(listening, TOOLS), SOON).toBeGreaterThan(before);
  }
  listening.end();
});

it('a client that listens hears of what changed while the server was away, and of what changes once it is back', async () => {
  const listening = await listen({ ...ann, mcp: `${gateway.mcp}/away` }, 'l', { toolsListChanged: true });
  await expect.poll(() => listening.heard.length, { timeout: 5000 }).toBe(1);
  const ended = new Promise((resolve) => away.process.once('exit', resolve));
  away.process.kill('SIGKILL');
  await ended;
  offer('echo', 'one_more');
  away = await startAway(away.port);
  await expect.poll(() => heardOf(listening, TOOLS), { timeout: 5000 }).toBeGreaterThan(0);
  const tools = async (): Promise<string> => JSON.stringify((await gateway.admin('GET', '/servers/away')).body);
  await expect.poll(tools, { timeout: 15_000 }).toContain('one_more');
  listening.end();
});

it('the acknowledgement does not wait for a server that hangs', async () => {
  const start = Date.now();
  const ended = new Promise((resolve) => away.process.once('exit', resolve));
  away.process.kill('SIGSTOP');
  const listening = await listen(ann, 'l', { toolsListChanged: true });
  await expect.poll(() => listening.heard.length, { timeout: 5000, interval: 20 }).toBe(1);
  expect(Date.now() - start).toBeLessThan(2500);
  await change('own');
  await expect.poll(() => heardOf(listening, TOOLS), SOON).toBeGreaterThan(0);
  away.process.kill('SIGKILL');
  await ended;
  listening.end();
});
