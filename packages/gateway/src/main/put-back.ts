import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Failure, failure, type Result, success } from '../base/result.ts';

/** A file as it is to be; null: not there. */
export interface WantedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string | null;
}

/** Makes files what they are to be, all of them or none: each in one rename, with the mode that it has. The function puts back what stood there. */
export function putBack(files: readonly WantedFile[]): Result<() => void, 'config.not_revertible'> {
  const undone: (() => void)[] = [];
  const undo = (): void => {
    for (const step of undone.splice(0).reverse()) step();
  };
  for (const file of files) {
    const put = putOne(file);
    if (!put.ok) {
      undo();
      return put;
    }
    undone.push(put.value);
  }
  return success(undo);
}

function putOne({ path, text }: WantedFile): Result<() => void, 'config.not_revertible'> {
  try {
    const before = lstatSync(path, { throwIfNoEntry: false });
    if (before === undefined) {
      if (text === null) return success(() => undefined);
      write(path, text, 0o600);
      return success(() => rmSync(path, { force: true }));
    }
    if (before.isSymbolicLink()) return refuse(`${path} is a link, so the file is kept elsewhere: change it there`);
    const bytes = readFileSync(path);
    const mode = before.mode & 0o777;
    if (text === null) rmSync(path);
    else if (bytes.toString('utf8') !== text) write(path, text, mode);
    return success(() => write(path, bytes, mode));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const how =
      text === null ? 'remove it yourself' : 'write the text of this version there yourself (sallyport config show VERSION --file)';
    return refuse(`${path} cannot be written (${code}): ${how}`);
  }
}

function write(path: string, content: Uint8Array | string, mode: number): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    writeFileSync(beside, content, { mode, flag: 'wx' });
    renameSync(beside, path);
  } finally {
    rmSync(beside, { force: true });
  }
}

const refuse = (detail: string): Failure<'config.not_revertible'> => failure('config.not_revertible', detail);
