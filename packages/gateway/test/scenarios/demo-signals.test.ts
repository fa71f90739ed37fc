import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signalDemo } from './demo-process.ts';
import { RECEIVERS, SIGNALS } from './signal-harness.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
// Two seconds are promised; the rest is for a machine that is busy with other tests.
const END_MS = 6_000;
/** npm, the gateway (which replaced shell and launcher) and four servers. */
const MEMBERS = 6;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-signals-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm start, the demo with its servers running', () => {
  test.for(SIGNALS.flatMap((signal) => RECEIVERS.map((receiver) => ({ signal, receiver }))))(
    '$signal to $receiver leaves no process',
    { timeout: 90_000 },
    async ({ signal, receiver }) => {
      const demo = { root: ROOT, data: join(folder, 'data'), env: process.env };
      const outcome = await signalDemo(demo, { signal, receiver, endMs: END_MS });
      expect(outcome).toMatchObject({ ready: true, left: [] });
      expect(outcome.family).toBeGreaterThanOrEqual(MEMBERS);
      if (signal === 'SIGINT' || signal === 'SIGTERM') expect(outcome.code).toBe(0);
    },
  );
});
