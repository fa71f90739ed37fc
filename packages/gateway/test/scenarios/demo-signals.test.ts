import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SDK_CLIENTS } from './sdk-client.ts';
import { RECEIVERS, SIGNALS, type Trial, trySignal } from './signal-harness.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
// Two seconds are promised; the rest is for a machine that is busy with other tests.
const END_MS = 6_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-signals-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface FirstLine {
  readonly mcp: string;
  readonly key: string;
}

const lineOf = (text: string): FirstLine | null => (text.startsWith('{"mcp":') ? (JSON.parse(text) as FirstLine) : null);

/** Starts dbhub and three stdio children, so that there is something that could be left. */
async function wakeServers(line: FirstLine): Promise<void> {
  const client = await SDK_CLIENTS['sdk 1.32.2'](line);
  await Promise.all([
    client.call('everything__echo', { message: 'awake' }),
    client.call('files__list_allowed_directories', {}),
    client.call('memory__read_graph', {}),
    client.call('dbhub__search_objects', { object_type: 'schema' }),
  ]);
}

const trial = (data: string, rest: Pick<Trial, 'signal' | 'receiver'>): Trial => ({
  cwd: ROOT,
  npmArgs: ['start', '--silent', '--', '--json', '--port', '0', '--data', data],
  env: process.env,
  isReady: (line) => lineOf(line) !== null,
  whenReady: awake,
  startMs: 60_000,
  endMs: END_MS,
  ...rest,
});

const awake = async (text: string): Promise<void> => {
  const line = lineOf(text);
  if (line !== null) await wakeServers(line);
};

describe('npm start, the demo with its servers running', () => {
  test.for(SIGNALS.flatMap((signal) => RECEIVERS.map((receiver) => ({ signal, receiver }))))(
    '$signal to $receiver leaves no process',
    { timeout: 90_000 },
    async ({ signal, receiver }) => {
      const outcome = await trySignal(trial(join(folder, 'data'), { signal, receiver }));
      expect(outcome).toMatchObject({ ready: true, left: [] });
      expect(outcome.family).toBeGreaterThanOrEqual(MEMBERS);
      if (signal === 'SIGINT' || signal === 'SIGTERM') expect(outcome.code).toBe(0);
    },
  );
});

/** npm, the gateway (which replaced shell and launcher) and four servers. */
const MEMBERS = 6;
