import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, extname, isAbsolute, join } from 'node:path';

/** Where programs are looked for. */
export interface ProgramPlaces {
  /** The gateway's own PATH. */
  readonly path: string;
  /** This process's Node binary: what `node` means, and what runs the bin of a package. */
  readonly node: string;
  /** A folder from which `node_modules/.bin` is looked for upward. */
  readonly packages: string;
}

/** The argv that starts a program, or null where there is none. A bare name is a bin of an installed package first, then a program of PATH. */
export function resolveProgram(command: string, args: readonly string[], places: ProgramPlaces): readonly [string, ...string[]] | null {
  if (command === '' || command.includes('\0') || args.some((arg) => arg.includes('\0'))) return null;
  if (command === 'node') return [places.node, ...args];
  if (isAbsolute(command)) return asArgv(command, args, places);
  // `./x` would depend on whatever directory the gateway was started in.
  if (command.includes('/')) return null;
  const found = packageBin(command, places.packages) ?? onPath(command, places.path);
  return found === null ? null : asArgv(found, args, places);
}

function asArgv(file: string, args: readonly string[], places: ProgramPlaces): readonly [string, ...string[]] | null {
  if (!isFile(file)) return null;
  const real = realpathSync(file);
  if (['.js', '.mjs', '.cjs'].includes(extname(real))) return [places.node, real, ...args];
  return isExecutable(real) ? [file, ...args] : null;
}

function packageBin(name: string, from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', '.bin', name);
    if (isFile(file)) return file;
    if (dirname(folder) === folder) return null;
  }
}

function onPath(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    if (isAbsolute(folder) && isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return isFile(file);
  } catch {
    return false;
  }
}
