import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpToolServer, startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { scriptedGateway } from './scripted-gateway.ts';
import { INITIALIZED, initialize, modern, type StdioEnd, startStdioEnd, toolCall } from './stdio-end.ts';

let folder: string;
let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-stdio-'));
  const toolsFile = join(folder, 'tools.json');
  const region = { type: 'string', 'x-mcp-header': 'Region' };
  writeFileSync(toolsFile, JSON.stringify([{ name: 'echo', inputSchema: { type: 'object', properties: { region } } }]));
  const mirrored = httpToolServer('mirrored') as unknown as { transport: { local: { launch: { args: string[] } } } };
  mirrored.transport.local.launch.args.push('--tools-file', toolsFile);
  gateway = await startTestGateway({ servers: [toolServer('tools'), { ...mirrored, effects: { echo: 'read' } } as never] });
  key = gateway.running.clientKey?.reveal() ?? '';
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const begin = async (end: StdioEnd): Promise<void> => {
  end.send(initialize(0));
  await end.answer(0);
  end.send(INITIALIZED);
};

describe('sallyport connect', () => {
  it('finds the gateway and the kept key by the data directory, answers what is in flight when its input ends, and ends the session', async () => {
    const end = startStdioEnd(['--data', gateway.data]);
    await begin(end);
    end.send(toolCall(1, 'tools__slow', { n: 300 }));
    const before = gateway.running.status().sessions;
    expect(await end.end()).toBe(0);
    expect(await end.answer(1)).toMatchObject({ result: { content: [{ text: 'slow' }] } });
    expect(gateway.running.status().sessions).toBe(before - 1);
    expect(end.garbage).toEqual([]);
    expect(end.stderr()).toBe('');
  });

  it('is gone within two seconds of the end of its input, whatever is in flight', async () => {
    const end = startStdioEnd(['--data', gateway.data]);
    await begin(end);
    end.send(toolCall(1, 'tools__slow', { n: 60_000 }));
    const began = Date.now();
    expect(await end.end()).toBe(0);
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends in order on %s', async (signal) => {
    const end = startStdioEnd(['--data', gateway.data]);
    await begin(end);
    end.child.kill(signal);
    expect(await new Promise((resolve) => end.child.once('exit', resolve))).toBe(0);
  });

  it('takes the endpoint by --url and the key from the environment or a file, and prints neither key', async () => {
    const file = join(folder, 'desktop.key');
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    const ways = [
      startStdioEnd(['--url', gateway.mcp], { SALLYPORT_KEY: key }),
      startStdioEnd(['--url', new URL(gateway.mcp).origin, '--key-file', file]),
      startStdioEnd(['--url', `${gateway.mcp}/tools`, '--key-file', file]),
    ];
    for (const end of ways) {
      await begin(end);
      end.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
      expect(JSON.stringify(await end.answer(1))).toContain('echo');
      expect(await end.end()).toBe(0);
      expect(JSON.stringify(end.received) + end.stderr()).not.toContain(key);
    }
  });

  it('mirrors arguments in headers for a client that knows nothing of them, before and after it listed the tools', async () => {
    const end = startStdioEnd(['--data', gateway.data]);
    end.send(modern(1, 'tools/call', { name: 'mirrored__echo', arguments: { region: 'Zürich' } }));
    expect(await end.answer(1)).toMatchObject({ result: { content: [{ text: '{"region":"Zürich"}' }] } });
    end.send(modern(2, 'tools/list'));
    await end.answer(2);
    end.send(modern(3, 'tools/call', { name: 'mirrored__echo', arguments: { region: 'eu' } }));
    expect(await end.answer(3)).toMatchObject({ result: { content: [{ text: '{"region":"eu"}' }] } });
    expect(await end.end()).toBe(0);
  });

  it('answers what is no message, goes on, and writes line separators so that no reader cuts there', async () => {
    const end = startStdioEnd(['--data', gateway.data]);
    end.write('hello\n\n   \n{"jsonrpc":\n');
    await begin(end);
    expect(end.received.slice(0, 3).map((message) => message['error'])).toEqual([
      expect.objectContaining({ code: -32700 }),
      expect.objectContaining({ code: -32700 }),
      expect.objectContaining({ code: -32700 }),
    ]);
    end.send(toolCall(2, 'tools__echo', { text: 'a\u2028b\u0085c' }));
    expect(JSON.stringify(await end.answer(2))).toContain('a\u2028b\u0085c');
    expect(await end.end()).toBe(0);
  });

  it('stops at a line that is longer than any message, and says so', async () => {
    const end = startStdioEnd(['--data', gateway.data]);
    end.write(Buffer.alloc(10_485_760 + 2, 0x20));
    expect(await end.next((message) => message['error'] !== undefined)).toMatchObject({ id: null, error: { code: -32600 } });
    expect(await end.end()).toBe(1);
    expect(end.stderr()).toContain('longer than 10 MB');
  });

  it('answers every request of a key that does not work with why', async () => {
    const end = startStdioEnd(['--url', gateway.mcp], { SALLYPORT_KEY: 'sp_no-key-of-this-gateway' });
    end.send(initialize(0));
    expect(await end.answer(0)).toMatchObject({ error: { code: 40100 } });
    expect(await end.end()).toBe(0);
    expect(end.stderr()).not.toContain('sp_');
  });
});

describe('sallyport connect that cannot begin', () => {
  const file = (name: string, text: string, mode: number): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  it.each([
    ['there is no data directory', 3, () => ['--data', join(folder, 'none')], {}, 'There is no'],
    ['there is no kept key', 1, () => ['--data', mkdtempSync(join(folder, 'empty-'))], {}, 'sallyport keys create'],
    ['the key file is not there', 3, () => ['--data', gateway.data, '--key-file', join(folder, 'none')], {}, 'There is no key'],
    ['others can read the key', 1, () => ['--data', gateway.data, '--key-file', file('open.key', 'sp_12345678', 0o644)], {}, 'chmod 600'],
    ['the key file holds none', 1, () => ['--data', gateway.data, '--key-file', file('two.key', 'a b', 0o600)], {}, 'does not hold'],
    ['SALLYPORT_KEY is none', 2, () => ['--url', gateway.mcp], { SALLYPORT_KEY: 'a b' }, 'does not hold'],
    ['a remote address would get the kept key', 2, () => ['--url', 'https://gateway.example'], {}, '--key-file'],
    ['plain HTTP leaves this machine', 2, () => ['--url', 'http://gateway.example/mcp'], { SALLYPORT_KEY: 'sp_12345678' }, 'https://'],
    ['a credential stands in the address', 2, () => ['--url', 'https://u:p@gateway.example'], { SALLYPORT_KEY: 'sp_12345678' }, 'https://'],
    ['the address has a query', 2, () => ['--url', 'https://gateway.example/mcp?key=1'], { SALLYPORT_KEY: 'sp_12345678' }, 'https://'],
  ] as const)('%s: exit %i', async (_why, code, args, env, text) => {
    const end = startStdioEnd(args(), env);
    expect(await end.end()).toBe(code);
    expect(end.stderr()).toContain(text);
    expect(end.stderr()).not.toMatch(/\.ts:\d|node:internal/);
    expect([end.received, end.garbage]).toEqual([[], []]);
  });

  it('sends no key to whoever took the port of a gateway that is gone', async () => {
    const taken = await scriptedGateway((_asked, response) => response.end());
    const data = mkdtempSync(join(folder, 'gone-'));
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'client.key'), 'sp_12345678\n', { mode: 0o600 });
    writeFileSync(join(data, 'endpoint'), `http://127.0.0.1:${taken.port}/mcp\n`, { mode: 0o600 });
    const end = startStdioEnd(['--data', data]);
    end.send(initialize(0));
    await expect.poll(() => end.stderr(), { timeout: 15_000 }).toContain('cannot be reached (it is not running)');
    expect(await end.end()).toBe(0);
    expect(taken.asked).toEqual([]);
    taken.close();
  });
});
