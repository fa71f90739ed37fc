import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ThreadLane } from './thread-lane.ts';

let folder: string;
let lane: ThreadLane<string, string> | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lane-'));
});
afterEach(async () => {
  await lane?.close();
  rmSync(folder, { recursive: true });
});

/** A thread that takes so long to load and then repeats each job, or never ends with it where that is `hang`. */
function open({ loadsMs, queue = 8 }: { readonly loadsMs: number; readonly queue?: number }): ThreadLane<string, string> {
  const path = join(folder, 'repeat.mjs');
  const serve = new URL('./serve-lane.ts', import.meta.url).href;
  const spin = 'const spin = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };';
  writeFileSync(
    path,
    `import { serveLane } from '${serve}';\n${spin}\nspin(${loadsMs});\nserveLane((job) => { if (job === 'hang') spin(1e9); return job; });\n`,
  );
  lane = new ThreadLane({ script: pathToFileURL(path), megabytes: 64, queue });
  return lane;
}

describe('a lane', () => {
  it('counts the time of a job from when its thread has loaded', async () => {
    expect(await open({ loadsMs: 1500 }).run('first', 1000)).toEqual({ kind: 'answer', answer: 'first' });
  });

  it('kills a job that overruns, and answers the next one in a new thread', async () => {
    const own = open({ loadsMs: 0 });
    const [hung, next] = await Promise.all([own.run('hang', 200), own.run('next', 20_000)]);
    expect([hung, next]).toEqual([{ kind: 'timeout' }, { kind: 'answer', answer: 'next' }]);
  });

  it('takes no more jobs than may wait, and none once it is closed', async () => {
    const own = open({ loadsMs: 0, queue: 1 });
    const [first, second, third] = [own.run('1', 20_000), own.run('2', 20_000), own.run('3', 20_000)];
    expect(await third).toEqual({ kind: 'busy' });
    expect(await Promise.all([first, second])).toEqual([
      { kind: 'answer', answer: '1' },
      { kind: 'answer', answer: '2' },
    ]);
    await own.close();
    expect(await own.run('4', 1000)).toEqual({ kind: 'busy' });
  });

  it('tells who waits that nothing comes where its thread cannot be loaded', async () => {
    lane = new ThreadLane({ script: pathToFileURL(join(folder, 'none.mjs')), megabytes: 64, queue: 8 });
    expect(await lane.run('x', 1000)).toEqual({ kind: 'timeout' });
  });
});
