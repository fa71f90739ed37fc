import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { putBack, undoCutOff } from './put-back.ts';

let folder: string;
let note: string;
const at = (name: string): string => join(folder, name);
const text = (name: string): string | null => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : null);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-put-back-'));
  note = at('reverting');
  writeFileSync(at('a'), 'a before', { mode: 0o640 });
  writeFileSync(at('b'), 'b before', { mode: 0o600 });
  chmodSync(at('a'), 0o640);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WANTED = () => [
  { path: at('a'), text: 'a then' },
  { path: at('b'), text: null },
  { path: at('c'), text: 'c then' },
];
const state = () => [text('a'), text('b'), text('c')];
const BEFORE = ['a before', 'b before', null];
const THEN = ['a then', null, 'c then'];

describe('files that a revert writes', () => {
  it('are what they are to be with their modes, and nothing is left beside them once it is done', () => {
    const put = putBack(WANTED(), note);
    expect([put.ok, state(), statSync(at('a')).mode & 0o777]).toEqual([true, THEN, 0o640]);
    if (put.ok) put.value.done();
    expect(readdirSync(folder).sort()).toEqual(['a', 'c']);
    expect([undoCutOff(note), state()]).toEqual([{ ok: true, value: [] }, THEN]);
  });

  it('are what they were after an undo, and after a start that finds the revert cut off', () => {
    const put = putBack(WANTED(), note);
    if (put.ok) put.value.undo();
    expect([state(), existsSync(note), statSync(at('a')).mode & 0o777]).toEqual([BEFORE, false, 0o640]);
    putBack(WANTED(), note);
    expect(statSync(note).mode & 0o777).toBe(0o600);
    expect(undoCutOff(note)).toEqual({ ok: true, value: [at('a'), at('b'), at('c')] });
    expect([state(), existsSync(note)]).toEqual([BEFORE, false]);
  });

  it.each([1, 2, 3])('are what they were where only %i of them had been changed', (changed) => {
    putBack(WANTED(), note);
    const kept = readFileSync(note);
    undoCutOff(note);
    for (const { path, text: wanted } of WANTED().slice(0, changed))
      if (wanted === null) rmSync(path);
      else writeFileSync(path, wanted);
    writeFileSync(note, kept);
    expect([undoCutOff(note).ok, state()]).toEqual([true, BEFORE]);
  });

  it('are none of them changed where one is a link or cannot be written', () => {
    symlinkSync(at('a'), at('link'));
    expect(putBack([...WANTED(), { path: at('link'), text: 'x' }], note)).toMatchObject({ ok: false, reason: 'config.not_revertible' });
    mkdirSync(at('folder'));
    expect(putBack([...WANTED(), { path: at('folder'), text: 'x' }], note)).toMatchObject({ ok: false, reason: 'config.not_revertible' });
    expect([state(), existsSync(note)]).toEqual([BEFORE, false]);
  });

  it('are left to a process that is at it still, and put back once it is gone', () => {
    putBack(WANTED(), note);
    const kept = JSON.parse(readFileSync(note, 'utf8')) as object;
    writeFileSync(note, JSON.stringify({ ...kept, pid: process.ppid }));
    expect([undoCutOff(note), state()]).toEqual([{ ok: true, value: [] }, THEN]);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(note, JSON.stringify({ ...kept, pid }));
    expect([undoCutOff(note).ok, state()]).toEqual([true, BEFORE]);
  });

  it('of a note that cannot be read hold up the start, which says what to do', () => {
    writeFileSync(note, 'garbage');
    expect(undoCutOff(note)).toMatchObject({ ok: false, reason: 'config.not_revertible', detail: expect.stringContaining('by hand') });
  });
});
