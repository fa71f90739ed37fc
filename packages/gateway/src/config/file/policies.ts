import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { loadPolicies, type OwnPolicy } from '../../policy/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import { isRecord } from '../read-block.ts';
import { pathFrom } from './follow-references.ts';
import type { LoadedFile } from './load.ts';
import { FILE_LIMITS, readYaml } from './read-yaml.ts';

const MOST_FILES = 200;
const NOTHING = { policies: [], texts: {} } as const;

interface PolicyText {
  readonly file: string;
  readonly text: string;
}

export interface FilePolicies {
  readonly policies: readonly OwnPolicy[];
  /** The texts that they were read from, by their path from the folder of the file. */
  readonly texts: Readonly<Record<string, string>>;
  /** What changes with them, absolute: the folders and every file in them. */
  readonly paths: readonly string[];
  readonly mistakes: readonly Mistake[];
}

/**
 * Reads every `.cedar` file of the folders that the configuration names, in order of their names. What they say of arguments is held against the tools when it
 * is put in force: a tool that a policy does not fit is refused.
 */
export function readPolicyFolders(file: LoadedFile, folder: string): FilePolicies {
  const mistakes: Mistake[] = [];
  const paths: string[] = [];
  const texts = file.policies.flatMap((named, index): readonly PolicyText[] => {
    const path = file.places.has(['policies', index]) ? ['policies', index] : ['policies'];
    const refuse = (expected: string): readonly never[] => {
      const told = mistake({ reason: 'config.invalid', key: path.join('.'), expected, got: named });
      mistakes.push({ ...told, position: file.places.keyAt(path) });
      return [];
    };
    const names = cedarFiles(pathFrom(folder, named));
    paths.push(pathFrom(folder, named));
    if (typeof names === 'string') return refuse(names);
    paths.push(...names.map((name) => join(pathFrom(folder, named), name)));
    return names.flatMap((name): readonly PolicyText[] => {
      const text = readText(join(pathFrom(folder, named), name));
      return 'expected' in text ? refuse(`${text.expected}: ${name}`) : [{ file: join(named, name), text: text.text }];
    });
  });
  const bytes = texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > FILE_LIMITS.bytes) {
    const told = mistake({ reason: 'config.invalid', key: 'policies', expected: `at most ${FILE_LIMITS.bytes} bytes in all of its files` });
    return { ...NOTHING, paths, mistakes: [...mistakes, { ...told, position: file.places.keyAt(['policies']) }] };
  }
  const loaded = loadPolicies(texts, []);
  for (const { file: name, line, column, policy, what } of loaded.mistakes) {
    const told = mistake({ reason: 'config.invalid', key: policy ?? 'policy', expected: what });
    mistakes.push({ ...told, said: what, file: name, position: { line, column } });
  }
  return { policies: loaded.policies, texts: Object.fromEntries(texts.map(({ file: name, text }) => [name, text])), paths, mistakes };
}

/** Files that stand now in the folders that a text of the file names, as it names them: what would be read with it. */
export function filesBeside(text: string, folder: string): readonly string[] {
  const read = readYaml(Buffer.from(text));
  const named = read.ok && isRecord(read.value.value) ? read.value.value['policies'] : [];
  return [named].flat().flatMap((one) => {
    const names = typeof one === 'string' ? cedarFiles(pathFrom(folder, one)) : [];
    return typeof names === 'string' ? [] : names.map((name) => join(String(one), name));
  });
}

function cedarFiles(path: string): readonly string[] | string {
  try {
    const names = readdirSync(path)
      .filter((name) => name.endsWith('.cedar'))
      .sort();
    return names.length > MOST_FILES ? `at most ${MOST_FILES} files in it` : names;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return `a folder that can be read (${code})`;
  }
}

function readText(path: string): { readonly text: string } | { readonly expected: string } {
  let file: number | null = null;
  try {
    // Without O_NONBLOCK a pipe in place of the file would hold the process for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return { expected: 'plain files' };
    if ((stats.mode & 0o002) !== 0) return { expected: 'files that nobody else may write' };
    // One byte beyond the bound says that there is more; the reader of policies refuses it.
    const bytes = Buffer.alloc(Math.min(stats.size, LIMITS.policyFileBytes) + 1);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0))) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { expected: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'files in UTF-8' : `files that can be read (${code})` };
  } finally {
    if (file !== null) closeSync(file);
  }
}
