import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Seed } from '../../src/contracts/running.ts';
import { type GatewayProcess, startProcess } from '../faults/gateway-process.ts';
import { httpToolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { SDK_CLIENTS, type SdkClient } from '../scenarios/sdk-client.ts';
import { connectProgram } from './stdio-end.ts';

const LANES = [
  ['sdk 1.32.2', '2025-11-25'],
  ['client 2.4.0 legacy', '2025-11-25'],
  ['client 2.4.0 auto', '2026-07-28'],
  ['client 2.4.0 pinned to 2026-07-28', '2026-07-28'],
] as const;

let folder: string;
let data: string;
let callLog: string;
let gateway: GatewayProcess;

async function startGateway(): Promise<void> {
  const seed: Seed = {
    servers: [httpToolServer('tools', { callLog })],
    client: { name: 'desktop', roles: ['writer'] },
    grants: [],
  };
  gateway = startProcess(folder, { data, seed, settings: UNLIMITED });
  const said = await gateway.said;
  if (!said?.ok) throw new Error(`it did not start: ${JSON.stringify(said)} ${gateway.errors()}`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-connect-'));
  data = join(folder, 'data');
  callLog = join(folder, 'calls.log');
  await startGateway();
});
afterAll(async () => {
  await gateway.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const until = async (isSo: () => boolean, ms = 20_000): Promise<void> => {
  for (const deadline = Date.now() + ms; !isSo() && Date.now() < deadline; ) await sleep(20);
  expect(isSo()).toBe(true);
};

const count = (text: string): number => readFileSync(callLog, 'utf8').split(text).length;

describe.each(LANES)('%s through `sallyport connect`', (name, revision) => {
  let client: SdkClient;
  let stderr = '';
  beforeAll(async () => {
    client = await SDK_CLIENTS[name](connectProgram(['--data', data], (text) => (stderr += text)));
  });
  afterAll(() => client.end());
  afterEach(() => expect(stderr).not.toContain('sp_'));

  it(`speaks ${revision}`, () => expect(client.revision).toBe(revision));

  it('lists, calls and reads a refusal', async () => {
    expect((await client.list()).names).toContain('tools__echo');
    expect(await client.call('tools__echo', { text: `hello ${name}` })).toEqual({
      text: JSON.stringify({ text: `hello ${name}` }),
      isError: false,
    });
    expect((await client.call('tools__echo', { n: 'many' })).isError).toBe(true);
    await expect(client.call('tools__destructive_0', {})).rejects.toThrow('Unknown tool');
  });

  it('passes on progress and log messages', async () => {
    await client.setLevel('info');
    const seen: number[] = [];
    await client.call('tools__progress', { n: 3 }, { onprogress: ({ progress }) => void seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
    await client.call('tools__log', { text: `said by ${name}` });
    await until(() => client.logged.some(({ data: said }) => JSON.stringify(said).includes(`said by ${name}`)));
  });

  it('cancels at the server what the client cancels', async () => {
    const begun = count('"n":60000');
    const cancelled = count('"cancelled":true');
    const controller = new AbortController();
    const running = expect(client.call('tools__slow', { n: 60_000 }, { signal: controller.signal })).rejects.toThrow();
    await until(() => count('"n":60000') > begun);
    controller.abort();
    await running;
    await until(() => count('"cancelled":true') === cancelled + 1);
  });

  it('outlives a killed gateway: what was in flight is answered, and the next call works, at another port', async () => {
    await client.listen();
    const changes = client.listChanges();
    const begun = count('"n":50000');
    const running = client.call('tools__slow', { n: 50_000 }).then(
      () => 'answered',
      (error: Error) => error.message,
    );
    await until(() => count('"n":50000') > begun);
    await gateway.kill();
    expect(await running).toContain('Whether the call acted is not known');
    const waiting = client.call('tools__echo', { text: 'while it is away' });
    await startGateway();
    expect((await waiting).text).toContain('while it is away');
    expect((await client.list()).names).toContain('tools__echo');
    // Nobody knows what changed meanwhile, so the client is told to look.
    await until(() => client.listChanges() > changes);
    await client.call('tools__add_tool', {});
    await client.call('tools__log', { text: `again ${name}` });
    await until(() => client.logged.some(({ data: said }) => JSON.stringify(said).includes(`again ${name}`)));
  });
});
