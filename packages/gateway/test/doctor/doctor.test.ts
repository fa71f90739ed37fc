import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CHECKS, type Finding } from '../../src/cli/doctor/checks.ts';
import type { RunningGateway } from '../../src/contracts/running.ts';
import { makeCertificate, newFolder, startFromFile } from '../config/file-gateway.ts';
import { FIXTURES, startTestGateway, type TestGateway, type TestOptions, toolServer } from '../scenarios/running-gateway.ts';
import { call, session } from '../scenarios/wire.ts';
import { examine as doctor, type Examined } from './examine.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A gateway with which nothing is wrong: no deviation, a client's key. */
async function healthy(options: TestOptions = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({ settings: {}, ...options });
  ends.push(() => gateway.stop());
  return gateway;
}

const near = (gateway: { readonly data: string }): readonly string[] => ['--data', gateway.data];
const names = ({ findings }: Examined): readonly string[] => findings.map(({ check }) => check);
const only = ({ findings }: Examined, check: string): Finding => {
  const found = findings.filter((finding) => finding.check === check);
  expect(found).toHaveLength(1);
  return found[0] as Finding;
};

describe('doctor', () => {
  it('says nothing where nothing is wrong, but what this release cannot do and what was not looked at', async () => {
    const gateway = await healthy({ servers: [toolServer('tools')] });
    const seen = await doctor({ args: near(gateway) });
    expect([seen.findings, seen.found]).toEqual([[], false]);
    expect(seen.limits.join('\n')).toMatch(/No sandbox yet: tools runs as the user of the gateway/);
    expect(seen.limits.join('\n')).toMatch(/No backups and no witness.*\n.*Not checked: whether the clock is right/);
    expect((await doctor({ args: near(gateway), width: 80 })).out).toContain('Nothing is wrong.');
  });

  it('has a test for each of its checks', () => {
    expect(CHECKS.map(({ name }) => name).toSorted()).toEqual([...TESTED].toSorted());
  });
});

const TESTED = [
  'gateway.unreachable',
  'storage.readable_by_others',
  'runtime.node',
  'audit.journal',
  'registry.server_failed',
  'registry.server_restarts',
  'registry.tools_waiting',
  'identity.key_disclosed',
  'identity.key_ends',
  'identity.role',
  'clock.differs',
  'config.deviation',
  'config.dangerous_setting',
  'config.not_applied',
  'http.certificate',
];

describe('doctor finds, with a command that mends it,', () => {
  it('gateway.unreachable: no gateway, and still looks at this machine, worst first', async () => {
    const data = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
    ends.push(() => rmSync(data, { recursive: true, force: true }));
    chmodSync(data, 0o755);
    const seen = await doctor({ args: ['--data', data], node: 'v26.10.0' });
    expect(names(seen)).toEqual(['gateway.unreachable', 'storage.readable_by_others', 'runtime.node']);
    expect(only(seen, 'gateway.unreachable').mend).toBe(`sallyport serve --data ${data}`);
    expect(seen.found).toBe(true);
  });

  it('storage.readable_by_others: a directory and a key that others can reach; the command mends it', async () => {
    const gateway = await healthy();
    chmodSync(gateway.data, 0o750);
    chmodSync(join(gateway.data, 'client.key'), 0o644);
    const { what, mend, gravity } = only(await doctor({ args: near(gateway) }), 'storage.readable_by_others');
    expect([gravity, mend]).toEqual(['danger', `chmod -R go-rwx ${gateway.data}`]);
    expect(what).toContain('2 files');
    chmodSync(gateway.data, 0o700);
    chmodSync(join(gateway.data, 'client.key'), 0o600);
    expect((await doctor({ args: near(gateway) })).findings).toEqual([]);
  });

  it('runtime.node: a Node without its security release, and none with it', async () => {
    const gateway = await healthy();
    const { what } = only(await doctor({ args: near(gateway), node: 'v24.15.0' }), 'runtime.node');
    expect(what).toMatch(/Node 24\.15\.0 is older than its security release 24\.22\.1 of 2026-10-21 \(https:\/\/nodejs\.org\//);
  });

  it('audit.journal: a journal that cannot grow', async () => {
    const gateway = await healthy({ servers: [toolServer('tools')] });
    const inTheWay = join(gateway.data, 'journal', 'default', '00000002.seg.new');
    mkdirSync(join(inTheWay, 'not-empty'), { recursive: true });
    const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    for (let calls = 0; calls < 100; calls++)
      if ((await call(caller, calls, 'tools__echo', { text: 'x'.repeat(900_000) })).status !== 200) break;
    const seen = await doctor({ args: near(gateway) });
    expect(names(seen)).toEqual(['audit.journal']);
    expect(only(seen, 'audit.journal').mend).toBe(`df -h ${gateway.data}`);
    rmSync(inTheWay, { recursive: true });
  }, 60_000);

  it('registry.server_failed: a server whose program is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const tools = join(folder, 'tools.json');
    writeFileSync(tools, JSON.stringify([{ name: 'echo', inputSchema: { type: 'object' } }]));
    const gateway = await healthy({ servers: [dying('dying', tools, folder)] });
    writeFileSync(join(folder, 'dead'), '');
    const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    await call(caller, 1, 'dying__echo', {});
    const { what, mend } = only(await doctor({ args: near(gateway) }), 'registry.server_failed');
    expect(what).toContain('The server dying does not answer');
    expect(mend).toBe('sallyport servers refresh dying');
  });

  it('registry.server_restarts: a server that dies again and again, and runs in between', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const tools = join(folder, 'tools.json');
    writeFileSync(tools, JSON.stringify([{ name: 'echo', inputSchema: { type: 'object' } }]));
    const gateway = await healthy({ servers: [dying('dying', tools, folder)] });
    const key = gateway.running.clientKey?.reveal() ?? '';
    const callOnce = async (id: number) => call(await session({ mcp: gateway.mcp, key }), id, 'dying__echo', {});
    // Each session starts a process of its own; every other one dies at once.
    for (let turn = 0; turn < 5; turn++) {
      writeFileSync(join(folder, 'dead'), '');
      expect((await callOnce(turn)).message?.['result']).toMatchObject({ isError: true });
      rmSync(join(folder, 'dead'));
      expect((await callOnce(turn)).message?.['result']).not.toHaveProperty('isError', true);
    }
    await expect.poll(async () => names(await doctor({ args: near(gateway) })), { timeout: 15_000 }).toContain('registry.server_restarts');
    expect(only(await doctor({ args: near(gateway) }), 'registry.server_restarts').what).toMatch(
      /dying ended or failed to start [5-9] times/,
    );
  }, 60_000);

  it('registry.tools_waiting: a tool that changed since it was approved', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const tools = join(folder, 'tools.json');
    writeFileSync(tools, JSON.stringify([{ name: 'echo', inputSchema: { type: 'object' } }]));
    const gateway = await healthy({ servers: [dying('changing', tools, folder)] });
    writeFileSync(tools, JSON.stringify([{ name: 'echo', description: 'Other.', inputSchema: { type: 'object' } }]));
    await gateway.admin('POST', '/servers/changing/refresh');
    expect(only(await doctor({ args: near(gateway) }), 'registry.tools_waiting').mend).toBe('sallyport servers show changing');
  });

  it('identity.key_disclosed: a key that stood in a URL; the command mends it', async () => {
    const gateway = await healthy();
    const { text, id } = await gateway.key({ name: 'seen', roles: ['reader'] });
    await fetch(`${gateway.mcp}?access_token=${text}`, { method: 'POST' });
    const { mend, what } = only(await doctor({ args: near(gateway) }), 'identity.key_disclosed');
    expect(mend).toBe(`sallyport keys rotate ${id} --overlap 0`);
    expect(what).not.toContain(text);
  });

  it('identity.key_ends: a key that ends within days', async () => {
    const gateway = await healthy();
    const { id } = await gateway.key({ name: 'short', roles: ['reader'], expiresInDays: 3 });
    expect(only(await doctor({ args: near(gateway) }), 'identity.key_ends')).toMatchObject({
      gravity: 'soon',
      mend: `sallyport keys rotate ${id}`,
    });
  });

  it('identity.role: nobody who may call anything', async () => {
    const gateway = await healthy({ start: { seed: null } });
    expect(only(await doctor({ args: near(gateway) }), 'identity.role')).toMatchObject({
      gravity: 'note',
      what: expect.stringContaining('no client can call'),
    });
  });

  it('clock.differs: a clock that is not the gateway’s, ahead and behind', async () => {
    const gateway = await healthy();
    for (const [by, word] of [
      [-600_000, 'ahead of'],
      [600_000, 'behind'],
    ] as const) {
      const { what } = only(await doctor({ args: near(gateway), now: Date.now() + by }), 'clock.differs');
      expect(what).toContain(`10 min ${word} this one`);
    }
  });

  it('clock.differs: a clock that was turned back since the newest record', async () => {
    const data = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
    ends.push(() => rmSync(data, { recursive: true, force: true }));
    const tomorrow = { now: () => Date.now() + 86_400_000, monotonic: () => performance.now() };
    const ahead = await startTestGateway({ data, settings: {}, start: { clock: tomorrow } });
    await ahead.stop();
    const gateway = await healthy({ data });
    expect(only(await doctor({ args: near(gateway) }), 'clock.differs').what).toContain('in the future: the gateway');
  });

  it('config.deviation: what is weaker than the guide asks', async () => {
    const gateway = await startTestGateway();
    ends.push(() => gateway.stop());
    const seen = await doctor({ args: near(gateway) });
    expect(names(seen)).toEqual(['config.deviation', 'config.deviation']);
    expect(seen.findings[0]?.what).toMatch(
      /rate_limiting\.requests_per_minute is weaker than the guide asks until \d{4}-\d{2}-\d{2}: tests send/,
    );
  });

  it('config.not_applied: a file that is wrong as it is now', async () => {
    const gateway = await startFromFile('');
    ends.push(() => gateway.end());
    gateway.write('listners: {}\n');
    await gateway.admin('POST', '/config/reload');
    expect(only(await doctor({ args: of(gateway.running) }), 'config.not_applied')).toMatchObject({
      gravity: 'broken',
      what: expect.stringContaining('sallyport.yaml:1:1 listners: unknown key'),
      mend: 'sallyport check',
    });
  });

  it('http.certificate: a certificate that ends within days, and one that has ended', async () => {
    const folder = newFolder();
    makeCertificate(folder, 'gateway');
    const gateway = await startFromFile('tls: { cert: gateway.pem, key: gateway.key }\n', { folder });
    ends.push(() => gateway.end());
    expect(only(await doctor({ args: of(gateway.running) }), 'http.certificate').what).toMatch(/ ends in (2 days|36 h|4\d h)/);
    const later = await doctor({ args: of(gateway.running), now: Date.now() + 10 * 86_400_000 });
    expect(only(later, 'http.certificate').what).toContain(' ended ');
  });
});

const of = ({ dataDir }: RunningGateway): readonly string[] => ['--data', dataDir];

/** A server that ends at once while the file `dead` is there. */
function dying(id: string, tools: string, folder: string) {
  const program = join(folder, `${id}.mjs`);
  const server = join(FIXTURES, 'tool-server-stdio.ts');
  writeFileSync(
    program,
    `import { existsSync } from 'node:fs';
if (existsSync(${JSON.stringify(join(folder, 'dead'))})) process.exit(1);
process.argv = [process.argv[0], ${JSON.stringify(server)}, '--tools-file', ${JSON.stringify(tools)}];
await import(${JSON.stringify(server)});
`,
  );
  return { id, transport: { kind: 'stdio', launch: { command: process.execPath, args: [program] } }, effects: { echo: 'read' } };
}

describe('what doctor prints', () => {
  it('fits a narrow terminal, keeps commands whole, and is one line a finding in a pipe', async () => {
    const data = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
    ends.push(() => rmSync(data, { recursive: true, force: true }));
    chmodSync(data, 0o755);
    const narrow = (await doctor({ args: ['--data', data], node: 'v26.10.0', width: 60 })).out;
    const command = `chmod -R go-rwx ${data}`;
    expect(narrow).toContain(command);
    // Paths and addresses are words to paste, and stay whole too.
    const wide = narrow.split('\n').filter((line) => line.length > 60 && !/(\/tmp|https:|sallyport serve|nvm)/.test(line));
    expect(wide).toEqual([]);
    const piped = (await doctor({ args: ['--data', data], node: 'v26.10.0', width: null })).out.split('\n');
    expect(piped[0]?.split('\t').slice(0, 2)).toEqual(['broken', 'gateway.unreachable']);
    expect(piped.every((line) => line.split('\t').length === 4)).toBe(true);
  });
});
