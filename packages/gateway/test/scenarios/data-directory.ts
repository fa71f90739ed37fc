import { createHash } from 'node:crypto';
import { cpSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Every file, folder and link below a directory with its mode and the hash of its content: two equal ones are the same directory. */
export function fingerprint(directory: string, leaveOut: RegExp = /^$/): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (readdirSync(directory, { recursive: true }) as string[]).sort()) {
    if (leaveOut.test(name)) continue;
    const path = join(directory, name);
    const stats = lstatSync(path);
    found[name] = `${stats.mode.toString(8)} ${contentOf(path, stats)}`;
  }
  return found;
}

function contentOf(path: string, stats: ReturnType<typeof lstatSync>): string {
  if (stats?.isSymbolicLink() === true) return readlinkSync(path);
  return stats?.isFile() === true ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}

/** A copy with the modes of the original, sockets left out. */
export function copyDirectory(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, filter: (path) => !lstatSync(path).isSocket() });
}
