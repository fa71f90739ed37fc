import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { SecretString } from '../../base/secret-string.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { LoadedFile } from './load.ts';
import type { Path } from './places.ts';
import { isWellKnown, referenceIn } from './secret.ts';

/** What references are looked up in. */
export interface SecretSources {
  /** The folder from which relative paths lead. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The secrets of a file by the reference as it is written there, in memory only. */
export interface Secrets {
  readonly found: ReadonlyMap<string, SecretString>;
  readonly mistakes: readonly Mistake[];
}

const MOST_BYTES = 65_536;

/** Looks up every reference of a file. What is missing, empty or readable by others is a mistake with its place. */
export function followReferences(file: LoadedFile, sources: SecretSources): Secrets {
  const found = new Map<string, SecretString>();
  const mistakes: Mistake[] = [];
  for (const [path, text] of referencesIn(file)) {
    const secret = lookUp(text, sources);
    if (secret instanceof SecretString) found.set(text, secret);
    else if (secret !== null) {
      const told = mistake({ reason: 'config.secret_unavailable', key: path.join('.'), expected: secret });
      mistakes.push({ ...told, file: file.name, position: file.places.keyAt(path) });
    }
  }
  return { found, mistakes };
}

/** Paths, as they were written, of the files that hold its secrets. */
export const secretFilesIn = (file: LoadedFile): readonly string[] =>
  [...referencesIn(file)].flatMap(([, text]) => {
    const reference = referenceIn(text);
    return reference?.kind === 'file' ? [reference.name] : [];
  });

/** The path of a file that the configuration names: relative ones lead from its own folder. */
export const pathFrom = (folder: string, path: string): string => resolve(folder, path);

function* referencesIn({ servers, postgres, telemetry }: LoadedFile): Generator<readonly [Path, string]> {
  if (postgres !== null) yield [['storage', 'postgres'], postgres];
  for (const [name, text] of Object.entries(telemetry.otlp?.headers ?? {})) yield [['telemetry', 'otlp', 'headers', name], text];
  for (const [id, server] of Object.entries(servers)) {
    for (const [block, values] of Object.entries({ env: server.env, headers: server.headers }))
      for (const [name, text] of Object.entries(values ?? {})) yield [['servers', id, block, name], text];
    for (const [name, text] of Object.entries(server.local?.env ?? {})) yield [['servers', id, 'local', 'env', name], text];
  }
}

/** The secret, what is expected in its place, or null where the text is a literal. */
function lookUp(text: string, { folder, env }: SecretSources): SecretString | string | null {
  const reference = referenceIn(text);
  if (reference === null) return null;
  const { kind, name, scheme } = reference;
  const value = kind === 'env' ? (env[name] ?? null) : readSecretFile(pathFrom(folder, name));
  if (value === null) return `the environment variable ${name}, which is not set`;
  if (typeof value === 'object') return value.expected;
  if (isWellKnown(value)) return `a secret of its own in ${kind}:${name}: what stands there is a default that everybody knows`;
  if (value === '') return `a secret in ${kind}:${name}, which is empty`;
  return new SecretString(scheme === '' ? value : `${scheme} ${value}`);
}

/** A small file without its last line break, or what is expected in its place. A private one may be readable by nobody but its user and group. */
export function readSecretFile(path: string, kind: 'private' | 'public' = 'private'): string | { readonly expected: string } {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return { expected: `a plain file ${path}` };
    if (kind === 'private' && (stats.mode & 0o007) !== 0) return { expected: `a file that others cannot read: chmod o-rwx '${path}'` };
    if (stats.size > MOST_BYTES) return { expected: `at most ${MOST_BYTES} bytes in ${path}` };
    const bytes = Buffer.alloc(stats.size);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0)).replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { expected: `the file ${path} (${code})` };
  } finally {
    if (file !== null) closeSync(file);
  }
}
