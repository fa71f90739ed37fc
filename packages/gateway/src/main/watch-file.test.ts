import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../base/log.ts';
import { type FileWatch, watchFiles } from './watch-file.ts';

const LOG = { error: () => undefined } as unknown as Logger;
/** Four looks. */
const SOON_MS = 1000;
let folder: string;
let watch: FileWatch | null = null;
let causes: string[] = [];
let files: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-watch-'));
  causes = [];
  files = [];
});
afterEach(async () => {
  await watch?.close();
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const begin = (readAt: number, onReload: () => void = () => undefined): void => {
  watch = watchFiles({
    files: () => files,
    reload: async ({ cause }) => {
      causes.push(cause);
      onReload();
    },
    readAt,
    now: () => Date.now(),
    log: LOG,
  });
};

describe('files that are watched', () => {
  it('are not read again where nothing has changed since they were read', async () => {
    files = [write('a', '1')];
    await sleep(50);
    begin(Date.now());
    await sleep(SOON_MS);
    expect(causes).toEqual([]);
  });

  it('are read again, once, where one was changed between being read and being watched', async () => {
    files = [write('a', '1')];
    const readAt = Date.now();
    await sleep(50);
    write('a', '2');
    await sleep(50);
    begin(readAt);
    await sleep(SOON_MS);
    expect(causes).toEqual(['config.file.changed']);
  });

  // Times of files lag behind the clock by up to a tick of the kernel.
  it('are read again where one was changed in the very tick in which it was read', async () => {
    files = [write('a', '1')];
    begin(Date.now() + 9);
    await sleep(SOON_MS);
    expect(causes).toEqual(['config.file.changed']);
  });

  it('are read again where one that was named only now is changed right after it was read', async () => {
    files = [write('a', '1')];
    await sleep(50);
    let isFirst = true;
    begin(Date.now(), () => {
      if (!isFirst) return;
      isFirst = false;
      files = [...files, write('b', 'mended')];
    });
    write('a', '2');
    await sleep(2 * SOON_MS);
    expect(causes).toEqual(['config.file.changed', 'config.file.changed']);
  });

  it('are not read while one is being written', async () => {
    files = [write('a', '1')];
    await sleep(50);
    begin(Date.now());
    for (let at = 0; at < 12; at++) {
      write('a', 'x'.repeat(at));
      await sleep(100);
    }
    expect(causes).toEqual([]);
    await sleep(SOON_MS);
    expect(causes).toEqual(['config.file.changed']);
  });
});
