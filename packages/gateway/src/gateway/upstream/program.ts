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

/** A program that was found. */
export interface FoundProgram {
  /** What is executed: absolute, and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** The file that was meant, links followed: the script, where Node runs one. */
  readonly file: string;
  /** `node`: this process's own; `package`: a bin of a package that is installed with the gateway; `path`: of PATH; `absolute`: named whole. */
  readonly by: 'node' | 'package' | 'path' | 'absolute';
}

/** The program that a registration names, or null where there is none. A bare name is a bin of an installed package first, then a program of PATH. */
export function findProgram(command: string, args: readonly string[], places: ProgramPlaces): FoundProgram | null {
  if (command === '' || command.includes('\0') || args.some((arg) => arg.includes('\0'))) return null;
  if (command === 'node') return ofNode(places.node, args);
  if (isAbsolute(command)) return asFound(command, args, places, 'absolute');
  // `./x` would depend on whatever directory the gateway was started in.
  if (command.includes('/')) return null;
  const bin = packageBin(command, places.packages);
  if (bin !== null) return asFound(bin, args, places, 'package');
  const found = onPath(command, places.path);
  return found === null ? null : asFound(found, args, places, 'path');
}

const ofNode = (node: string, args: readonly string[]): FoundProgram => ({ argv: [node, ...args], file: realpathSync(node), by: 'node' });

function asFound(named: string, args: readonly string[], places: ProgramPlaces, by: FoundProgram['by']): FoundProgram | null {
  if (!isFile(named)) return null;
  const file = realpathSync(named);
  if (file === realpathSync(places.node)) return ofNode(places.node, args);
  if (['.js', '.mjs', '.cjs'].includes(extname(file))) return { argv: [places.node, file, ...args], file, by };
  return isExecutable(file) ? { argv: [named, ...args], file, by } : null;
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
