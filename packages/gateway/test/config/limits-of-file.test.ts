import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';
import { type FileGateway, newFolder, startFromFile } from './file-gateway.ts';

let gateway: FileGateway;
afterEach(() => gateway?.end());

const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const file = (limits: string): string =>
  `servers:\n  one:\n    command: ${process.execPath}\n    args: [${SERVER}]\n    effects: { echo: read, read_0: read }\n${limits}`;
const callerOf = async (name: string): Promise<Caller> => ({ mcp: gateway.running.mcpUrl, key: (await gateway.key(name)).text });
const echo = async (caller: Caller, name = 'echo'): Promise<string> =>
  textOf(await modern(caller, 1, 'tools/call', { name: `one__${name}`, arguments: { text: 'x' } }));
const limitsNow = async (): Promise<unknown> => (await gateway.admin('GET', '/servers/one')).body['limits'];
const none = { callsPerMinute: null, inFlight: null, inFlightPerPrincipal: null };

describe('limits that a file names', () => {
  it('hold, are changed with the file, are in its versions, hold again after a restart, and need no deviation', async () => {
    const folder = newFolder();
    gateway = await startFromFile(file('    limits:\n      in_flight: 5\n      tools: { echo: { calls_per_minute: 2 } }\n'), { folder });
    const ann = await callerOf('ann');
    expect([await echo(ann), await echo(ann)].every((text) => text.includes('"x"'))).toBe(true);
    expect(await echo(ann)).toContain('This tool takes 2 a minute');
    expect(await echo(ann, 'read_0')).toContain('"x"');
    gateway.write(file('    limits: { tools: { echo: { calls_per_minute: 3 } } }\n'));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    // A changed figure begins anew.
    for (let i = 0; i < 3; i++) expect(await echo(ann)).toContain('"x"');
    expect(await echo(ann)).toContain('This tool takes 3 a minute');
    expect(await limitsNow()).toEqual({ ...none, tools: { echo: { ...none, callsPerMinute: 3 } } });
    const [newest] = (await gateway.admin('GET', '/config/versions')).body['items'] as readonly JsonObject[];
    const shown = await gateway.admin('GET', `/config/versions/${String(newest?.['sequence'])}`);
    expect(JSON.stringify(shown.body['changes'])).toContain('stored.servers.one.limits');
    await gateway.stop();
    gateway = await startFromFile(file('    limits: { tools: { echo: { calls_per_minute: 3 } } }\n'), { folder });
    const bob = await callerOf('bob');
    for (let i = 0; i < 3; i++) await echo(bob);
    expect(await echo(bob)).toContain('This tool takes 3 a minute');
    expect(gateway.running.status().deviations).toEqual([]);
    gateway.write(file(''));
    expect((await gateway.admin('POST', '/config/reload')).status).toBe(200);
    expect([await limitsNow(), (await echo(bob)).includes('"x"')]).toEqual([null, true]);
  }, 90_000);

  it('are changed in the file and nowhere else, and a tool that there is not is a mistake with its line', async () => {
    gateway = await startFromFile(file('    limits: { in_flight: 5 }\n'));
    const refused = await gateway.admin('POST', '/servers/one/limits', { limits: null });
    expect(refused.status).toBe(409);
    expect(refused.body['error']).toMatchObject({ reason: 'config.owned_by_file', message: expect.stringContaining('sallyport.yaml:2') });
    gateway.write(file('    limits: { tools: { eccho: { in_flight: 1 } } }\n'));
    const told = await gateway.admin('POST', '/config/reload');
    expect(told.status).toBe(409);
    expect(JSON.stringify(told.body)).toContain('limits.tools.eccho');
    expect(JSON.stringify(told.body)).toContain('sallyport.yaml:6');
    expect(await limitsNow()).toMatchObject({ inFlight: 5 });
  }, 60_000);
});
