import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';

/** Names of the plain files of a folder that match, in order; or what is expected in its place. */
export function filesIn(path: string, match: RegExp, most: number): readonly string[] | string {
  try {
    const names = readdirSync(path)
      .filter((name) => match.test(name))
      .sort();
    return names.length > most ? `at most ${most} files in it` : names;
  } catch (error) {
    return `a folder that can be read (${codeOf(error)})`;
  }
}

/** The text of a file that decides, of at most `most` bytes and one more, by which its reader sees that there is more; or what is expected in its place. */
export function readText(path: string, most: number): { readonly text: string } | { readonly expected: string } {
  let file: number | null = null;
  try {
    // Without O_NONBLOCK a pipe in place of the file would hold the process for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return { expected: 'plain files' };
    if ((stats.mode & 0o002) !== 0) return { expected: 'files that nobody else may write' };
    const bytes = Buffer.alloc(Math.min(stats.size, most) + 1);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0))) };
  } catch (error) {
    const code = codeOf(error);
    return { expected: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'files in UTF-8' : `files that can be read (${code})` };
  } finally {
    if (file !== null) closeSync(file);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error');
