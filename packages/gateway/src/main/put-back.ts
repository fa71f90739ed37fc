import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Failure, failure, type Result, success } from '../base/result.ts';

/** A file as it is to be; null: not there. */
export interface WantedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string | null;
}

export interface PutBack {
  /** Puts back what stood there. */
  undo(): void;
  /** What was put there stays. */
  done(): void;
}

/** A file before it is changed, as the note has it: `bytes` in base64, null where there was none. */
interface Before {
  readonly path: string;
  readonly mode: number;
  readonly bytes: string | null;
}

/**
 * Makes files what they are to be, all of them or none: each in one rename, with the mode that it has.
 * @param note where what stood there is kept meanwhile, on disk before anything is changed: a start undoes what a crash cut off (`undoCutOff`)
 */
export function putBack(files: readonly WantedFile[], note: string): Result<PutBack, 'config.not_revertible'> {
  const before: Before[] = [];
  for (const file of files) {
    const looked = look(file);
    if (!looked.ok) return looked;
    if (looked.value !== null) before.push(looked.value);
  }
  const undo = (): void => {
    for (const one of before.toReversed()) restore(one);
    forget(note);
  };
  const kept = trying({ path: note, text: '' }, () => keep(note, before));
  if (!kept.ok) return kept;
  for (const file of files.filter(({ path }) => before.some((one) => one.path === path))) {
    const changed = trying(file, () => put(file, modeOf(before, file)));
    if (changed.ok) continue;
    undo();
    return changed;
  }
  return success({ undo, done: () => forget(note) });
}

/** Puts back what stood before a revert that ended in its middle. @returns the files; none where there was no such revert */
export function undoCutOff(note: string): Result<readonly string[], 'config.not_revertible'> {
  try {
    const { pid, before } = JSON.parse(readFileSync(note, 'utf8')) as { readonly pid: number; readonly before: readonly Before[] };
    // Whoever is at it still has the data directory, and this start will not get it.
    if (pid !== process.pid && isAlive(pid)) return success([]);
    for (const one of before.toReversed()) restore(one);
    forget(note);
    return success(before.map(({ path }) => path));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return success([]);
    return refuse(
      `${note} holds what stood before a revert that was cut off, and it cannot be put back (${codeOf(error)}). Mend the files by hand, then remove it`,
    );
  }
}

/** Null where it is already as it is to be. */
function look(file: WantedFile): Result<Before | null, 'config.not_revertible'> {
  const { path, text } = file;
  return trying<Before | null>(file, () => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return success(text === null ? null : { path, mode: 0o600, bytes: null });
    if (stats.isSymbolicLink()) return refuse(`${path} is a link, so the file is kept elsewhere: change it there`);
    const bytes = readFileSync(path);
    if (bytes.toString('utf8') === text) return success(null);
    return success({ path, mode: stats.mode & 0o777, bytes: bytes.toString('base64') });
  });
}

type Tried<T> = Result<T, 'config.not_revertible'>;

function trying<T>({ path, text }: WantedFile, work: () => Tried<T>): Tried<T> {
  try {
    return work();
  } catch (error) {
    const how =
      text === null ? 'remove it yourself' : 'write the text of this version there yourself (sallyport config show VERSION --file)';
    return refuse(`${path} cannot be written (${codeOf(error)}): ${how}`);
  }
}

function put({ path, text }: WantedFile, mode: number): Tried<null> {
  if (text === null) rmSync(path);
  else write(path, text, mode);
  return success(null);
}

function keep(note: string, before: readonly Before[]): Tried<null> {
  write(note, JSON.stringify({ pid: process.pid, before }), 0o600);
  sync(dirname(note));
  return success(null);
}

function forget(note: string): void {
  rmSync(note, { force: true });
}

function restore({ path, mode, bytes }: Before): void {
  if (bytes === null) rmSync(path, { force: true });
  else write(path, Buffer.from(bytes, 'base64'), mode);
}

function write(path: string, content: Uint8Array | string, mode: number): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    writeFileSync(beside, content, { mode, flag: 'wx', flush: true });
    renameSync(beside, path);
  } finally {
    rmSync(beside, { force: true });
  }
}

function sync(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const modeOf = (before: readonly Before[], { path }: WantedFile): number => before.find((one) => one.path === path)?.mode ?? 0o600;
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error');
const refuse = (detail: string): Failure<'config.not_revertible'> => failure('config.not_revertible', detail);
