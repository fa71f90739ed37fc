import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Registration } from '../../src/contracts/registration.ts';
import { type Bench, eventually, openBench, owner, registration, toolCall } from '../fixtures/upstreams.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench({ startMs: 3000 });
});
afterEach(() => bench.close());

const local = (program: readonly string[]): Registration =>
  registration('local', {
    kind: 'streamable-http',
    url: null,
    headers: {},
    local: { launch: { command: 'node', args: program, env: {}, ofFile: true }, tokenEnv: 'TOOL_SERVER_TOKEN', path: '/mcp' },
  });
const SERVER = local([join(import.meta.dirname, '../fixtures/tool-server-http.ts')]);

const serverPid = (): number =>
  Number(execFileSync('pgrep', ['-n', '-P', String(process.pid), '-f', 'tool-server-http'], { encoding: 'utf8' }).trim());

describe('an HTTP server that the gateway starts', () => {
  it('refuses whoever has not its token', async () => {
    const got = await bench.upstreams.acquire(SERVER, 'modern', owner('ann'));
    expect(got.ok).toBe(true);
    const port = /127\.0\.0\.1:(\d+)/.exec(bench.lines.join('\n'))?.[1];
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
  });

  it.each(['legacy', 'modern'] as const)('is started again at the next need after it was killed (%s)', async (era) => {
    const who = owner('ann', era === 'legacy' ? 's1' : null);
    const first = await bench.upstreams.acquire(SERVER, era, who);
    if (!first.ok) throw new Error(first.reason);
    const pending = first.value.request(toolCall('slow', { n: 10_000 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(serverPid(), 'SIGKILL');
    expect(await pending).toMatchObject({ ok: false, reason: 'gateway.upstream_closed' });
    await eventually(() => bench.upstreams.peek(SERVER, era, who) === null);
    const second = await bench.upstreams.acquire(SERVER, era, who);
    if (!second.ok) throw new Error(`${second.reason} ${second.detail}`);
    expect(await second.value.request(toolCall('echo', { text: 'back' }))).toMatchObject({ ok: true });
  });

  it.each([
    ['ends at once', 'process.exit(1)'],
    ['never says its port', 'setInterval(() => {}, 1000)'],
    ['listens on every interface', 'console.log("listening on 0.0.0.0:8080"); setInterval(() => {}, 1000)'],
  ])('that %s is a start that failed', async (_name, script) => {
    expect(await bench.upstreams.acquire(local(['-e', script]), 'modern', owner('ann'))).toMatchObject({
      ok: false,
      reason: 'gateway.upstream_start_failed',
    });
  });
});
