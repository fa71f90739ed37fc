import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFile } from '../../src/config/file/load.ts';
import { tellMistake } from '../../src/config/mistake.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { modern, textOf } from '../scenarios/wire.ts';
import { type FileGateway, startFromFile } from './file-gateway.ts';

let gateway: FileGateway | null = null;
afterEach(async () => {
  await gateway?.end();
  gateway = null;
});

const STAGED = 'staged_apply: { window_seconds: 6, error_rate: 0.3, denial_rate: 0.5, least_calls: 10 }\n';
/** @param args what the server gets besides: a call log that cannot be written ends it at its first call, and it lists its tools all the same. */
const file = (args = '', effect = 'read', staged = STAGED): string => `servers:
  one:
    command: ${process.execPath}
    args: [${join(FIXTURES, 'tool-server-stdio.ts')}${args}]
    sharing: shared
    effects: { echo: ${effect} }
rate_limiting: { requests_per_minute: 100000, address_requests_per_minute: 100000 }
deviations:
  - { key: rate_limiting.requests_per_minute, value: 100000, reason: calls are made until it breaks, until: 2099-01-01 }
  - { key: rate_limiting.address_requests_per_minute, value: 100000, reason: calls are made until it breaks, until: 2099-01-01 }
${staged}`;
const BROKEN = ', --call-log, /nowhere/at/all';

async function start(text: string) {
  gateway = await startFromFile(text);
  const running = gateway;
  const caller = { mcp: running.running.mcpUrl, key: (await running.key('one', ['reader'])).text };
  const works = async (): Promise<boolean> =>
    textOf(await modern(caller, 1, 'tools/call', { name: 'one__echo', arguments: { text: 'x' } })) === '{"text":"x"}';
  /** Calls one after the other until the condition holds; false where it did not in time. */
  const callUntil = async (condition: () => boolean, ms: number): Promise<boolean> => {
    const end = Date.now() + ms;
    while (!condition()) {
      if (Date.now() > end) return false;
      await works();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  };
  /** A circuit that the failures opened closes by itself once the server answers. */
  const worksAgain = async (): Promise<boolean> => {
    for (let tries = 0; tries < 150; tries++) {
      if (await works()) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return false;
  };
  const config = () => running.running.status().config;
  const reload = async (next: string): Promise<number> => {
    running.write(next);
    return (await running.admin('POST', '/config/reload')).status;
  };
  return { running, works, worksAgain, callUntil, config, reload };
}

describe('a changed file under watch', () => {
  it('that is wrong or fails its table is never in force, and one that makes calls fail is taken back by itself, recorded and shown as not applied [R2-083]', async () => {
    const { running, works, worksAgain, callUntil, config, reload } = await start(file());
    await callUntil(() => false, 1500);
    const good = config();
    expect([await reload('servers: {'), await reload(file().replace('echo: read', 'ehco: read'))]).toEqual([409, 409]);
    const table = 'principals: { ann: { roles: [reader] } }\ncases: [{ principal: ann, tool: one__echo, expect: hidden }]\n';
    writeFileSync(join(running.folder, 'table.yaml'), table, { mode: 0o600 });
    expect(await reload(`${file()}policy_tests: table.yaml\n`)).toBe(409);
    expect(config()).toMatchObject({ version: good.version, hash: good.hash, problem: expect.stringContaining('ann on one__echo') });
    expect(await reload(file(BROKEN))).toBe(200);
    const bad = config().version;
    expect(await works()).toBe(false);
    expect(await callUntil(() => config().problem !== null, 15_000)).toBe(true);
    expect(config().problem).toMatch(
      new RegExp(`^sallyport\\.yaml was put in force as version ${bad} and taken back: \\d+ of \\d+ calls failed \\(\\d+ % after 0 %\\)`),
    );
    expect(await worksAgain()).toBe(true);
    // The bytes on disk are the operator's; what is in force is what was.
    expect(readFileSync(running.file, 'utf8')).toBe(file(BROKEN));
    const newest = (await running.admin('GET', `/config/versions/${config().version}`)).body;
    expect(newest).toMatchObject({ author: 'gateway', cause: `config.rolled_back from ${bad}`, content: { file: { text: file() } } });
    const difference = (await running.admin('GET', `/config/diff?from=${good.version}&to=${config().version}`)).body;
    expect(difference['changes']).toEqual([]);
    const recorded = (await running.records()).filter(({ record }) => (record as JsonObject)['action'] === 'config.rolled_back');
    expect(recorded).toMatchObject([{ record: { object: String(bad), status: 'error' }, payload: { what: 'failed', countBefore: 0 } }]);
    const after = config().version;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(config().version).toBe(after);
    // Mended, it is in force.
    running.write(file(", --bytes, '0'"));
    expect(await callUntil(() => config().problem === null, 10_000)).toBe(true);
    expect(config().version).toBe(after + 1);
  }, 90_000);

  it('that denies what was permitted is taken back only where the file before it says at which rate', async () => {
    const { callUntil, config, reload, works } = await start(file());
    await callUntil(() => false, 1500);
    expect(await reload(file('', 'destructive'))).toBe(200);
    expect(await callUntil(() => config().problem !== null, 15_000)).toBe(true);
    expect(config().problem).toContain('were denied');
    expect(await works()).toBe(true);
    await gateway?.end();
    const unwatched = await start(file('', 'read', STAGED.replace('denial_rate: 0.5, ', '')));
    expect(await unwatched.reload(file('', 'destructive', STAGED.replace('denial_rate: 0.5, ', '')))).toBe(200);
    expect(await unwatched.callUntil(() => unwatched.config().problem !== null, 5000)).toBe(false);
    expect(await unwatched.works()).toBe(false);
  }, 90_000);

  it('cannot take itself out of the watch, and two in a row are measured by what held before both', async () => {
    const { callUntil, config, reload, worksAgain } = await start(file());
    await callUntil(() => false, 1500);
    const { version } = config();
    expect(await reload(file(BROKEN, 'read', ''))).toBe(200);
    expect(await reload(file(`${BROKEN}, --bytes, '1'`, 'read', ''))).toBe(200);
    expect(await callUntil(() => config().problem !== null, 15_000)).toBe(true);
    expect(await worksAgain()).toBe(true);
    expect(config().version).toBe(version + 3);
  }, 90_000);

  it.each([
    ['calls that failed before as well', file(BROKEN), file(`${BROKEN}, --bytes, '1'`), 9000],
    ['fewer calls than say anything', file('', 'read', STAGED.replace('least_calls: 10', 'least_calls: 5000')), file(BROKEN), 4000],
    ['no watch asked for', file('', 'read', ''), file(BROKEN, 'read', ''), 4000],
  ])(
    'with %s stays',
    async (_, before, next, ms) => {
      const { callUntil, config, reload } = await start(before);
      await callUntil(() => false, 1500);
      expect(await reload(next)).toBe(200);
      const { version } = config();
      expect(await callUntil(() => config().problem !== null, ms)).toBe(false);
      expect(config().version).toBe(version);
    },
    90_000,
  );

  it('that somebody goes back from is not watched any more', async () => {
    const { running, callUntil, config, reload } = await start(file());
    const { version } = config();
    expect(await reload(file(BROKEN))).toBe(200);
    expect((await running.admin('POST', '/config/revert', { version: String(version) })).status).toBe(200);
    const now = config().version;
    expect(await callUntil(() => config().version !== now, 8000)).toBe(false);
  }, 60_000);

  it.each([
    ['staged_apply: { window_seconds: 2 }', 'staged_apply.window_seconds: expected whole seconds from 5 to 3600, got 2'],
    ['staged_apply: { error_rate: 0 }', 'staged_apply.error_rate: expected a share above 0, at most 1, got 0'],
    ['staged_apply: { denial_rate: 40 }', 'staged_apply.denial_rate: expected a share above 0, at most 1, got 40'],
    ['staged_apply: { eror_rate: 0.1 }', 'staged_apply.eror_rate: unknown key; did you mean error_rate?'],
  ])('%s is a mistake', (text, told) => {
    const loaded = loadFile({ name: 'f.yaml', bytes: Buffer.from(text), now: 0 });
    expect(loaded.ok ? [] : loaded.mistakes.map(tellMistake)).toEqual([expect.stringContaining(told)]);
  });
});
