import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { readOptions, ToolServer } from '../fixtures/tool-server.ts';
import { httpToolServer, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, modern, request, textOf } from './wire.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-many-'));
const offerFile = join(dir, 'offer.json');
const slowFile = join(dir, 'slow.json');

/** A server in this process, so that a test decides when it is gone and when it hangs. */
interface Frail {
  readonly url: string;
  mode: 'answers' | 'hangs' | 'refuses';
  asked: number;
  readonly http: Server;
}

function startFrail(): Promise<Frail> {
  const tools = new ToolServer(readOptions(['--offer', offerFile]));
  const http = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      frail.asked += 1;
      if (frail.mode === 'hangs') return;
      if (frail.mode === 'refuses') return void response.writeHead(503).end();
      const message = JSON.parse(Buffer.concat(chunks).toString());
      const answer = await tools.answer(message, { modern: true, notify: () => undefined, signal: new AbortController().signal });
      const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  });
  const frail = { url: '', mode: 'answers' as Frail['mode'], asked: 0, http };
  return new Promise((resolve) => {
    http.listen(0, '127.0.0.1', () => {
      frail.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
      resolve(frail);
    });
  });
}

let gateway: TestGateway;
let frail: Frail;
let ann: Caller;
beforeAll(async () => {
  const resources = [{ uri: 'note://one', name: 'one' }];
  writeFileSync(offerFile, JSON.stringify({ resources }));
  writeFileSync(slowFile, JSON.stringify({ resources }));
  frail = await startFrail();
  gateway = await startTestGateway({
    servers: [
      httpToolServer('good', { offer: offerFile }),
      toolServer('slow', { offer: slowFile }),
      { id: 'frail', transport: { kind: 'streamable-http', url: frail.url }, effects: { echo: 'read' }, resources: 'read' },
    ],
  });
  ann = { mcp: gateway.mcp, key: (await gateway.key({ name: 'ann', roles: ['reader'] })).text };
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  frail.http.closeAllConnections();
  frail.http.close();
  rmSync(dir, { recursive: true, force: true });
});

const circuitOf = async (id: string): Promise<unknown> => {
  const status = (await gateway.admin('GET', '/status')).body;
  return (status['servers'] as readonly JsonObject[]).find((server) => server['id'] === id)?.['circuit'];
};
const list = async (): Promise<{ readonly uris: readonly unknown[]; readonly missing: readonly JsonObject[] }> => {
  const result = (await modern(ann, 1, 'resources/list')).message?.['result'] as JsonObject;
  const meta = (result['_meta'] ?? {}) as JsonObject;
  const missing = (meta['sallyport/missing'] ?? []) as readonly JsonObject[];
  return { uris: (result['resources'] as readonly JsonObject[]).map(({ uri }) => uri), missing };
};
const echo = (server: string) => modern(ann, 1, 'tools/call', { name: `${server}__echo`, arguments: { text: 'x' } });

describe('many servers as one', () => {
  it('lists what the others have while one is too slow, and says which is missing [R2-002 partial: aggregated lists]', async () => {
    expect((await list()).uris).toEqual(['frail+note://one', 'good+note://one', 'slow+note://one']);
    writeFileSync(slowFile, JSON.stringify({ resources: [{ uri: 'note://one', name: 'one' }], listDelayMs: 60_000 }));
    const began = Date.now();
    const listed = await list();
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(listed.uris).toEqual(['frail+note://one', 'good+note://one']);
    expect(listed.missing).toEqual([{ server: 'slow', reason: 'gateway.upstream_timeout' }]);
    // Calls of the others, and of the slow one's tools, are none the slower.
    expect(textOf(await echo('good'))).toContain('x');
    expect(textOf(await echo('slow'))).toContain('x');
    writeFileSync(slowFile, JSON.stringify({ resources: [] }));
  }, 60_000);

  it('opens the circuit of a server that fails again and again, asks it no more, and closes it once it answers', async () => {
    expect(textOf(await echo('frail'))).toContain('x');
    frail.mode = 'refuses';
    for (let i = 0; i < 5; i++) expect(textOf(await echo('frail'))).toContain('cannot be reached');
    expect(await circuitOf('frail')).toBe('open');
    const asked = frail.asked;
    const refused = await echo('frail');
    expect(textOf(refused)).toContain('left alone for a moment');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await list()).missing).toContainEqual({ server: 'frail', reason: 'gateway.circuit_open' });
    expect(frail.asked).toBe(asked);
    expect(textOf(await echo('good'))).toContain('x');
    expect(await circuitOf('good')).toBe('closed');
    frail.mode = 'answers';
    await expect.poll(async () => textOf(await echo('frail')), { timeout: 20_000, interval: 500 }).toContain('"x"');
    expect(await circuitOf('frail')).toBe('closed');
    expect((await gateway.records('server=frail')).some(({ record }) => (record as JsonObject)['reason'] === 'gateway.circuit_open')).toBe(
      true,
    );
  }, 60_000);

  it('says of a resource that the server behind this resource cannot be reached', async () => {
    frail.mode = 'refuses';
    const told = await modern(ann, 1, 'resources/read', { uri: 'frail+note://one' });
    expect(textOf(told)).toMatch(/^The server behind this resource cannot be reached\./);
    frail.mode = 'answers';
  }, 30_000);

  it('keeps places for other servers while one hangs', async () => {
    const hanging = new AbortController();
    frail.mode = 'hangs';
    const calls = Array.from({ length: 40 }, () =>
      fetch(gateway.mcp, {
        method: 'POST',
        signal: hanging.signal,
        headers: {
          authorization: `Bearer ${ann.key}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'frail__echo',
        },
        body: JSON.stringify(
          request(1, 'tools/call', {
            name: 'frail__echo',
            arguments: {},
            _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
          }),
        ),
      }).then(
        async (answer) => answer.status + (await answer.text()),
        () => 'cut',
      ),
    );
    const turnedAway = (): Promise<readonly unknown[]> => Promise.all(calls.map((one) => Promise.race([one, 'waiting'])));
    await expect.poll(async () => (await turnedAway()).filter((one) => one !== 'waiting').length, { timeout: 20_000 }).toBe(8);
    expect(textOf(await echo('good'))).toContain('x');
    hanging.abort();
    expect((await Promise.all(calls)).filter((one) => one !== 'cut').every((one) => /too many requests/i.test(one))).toBe(true);
    frail.mode = 'answers';
  }, 60_000);

  it('tells who asks one server alone what became of it', async () => {
    frail.mode = 'refuses';
    const told = await modern({ ...ann, mcp: `${ann.mcp}/frail` }, 1, 'resources/list');
    expect(told.message).toMatchObject({ error: { message: expect.stringContaining('cannot be reached') } });
    frail.mode = 'answers';
  });
});
