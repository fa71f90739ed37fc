import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { loadPolicies, type OwnPolicy } from '../../policy/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import { isRecord } from '../read-block.ts';
import { filesIn, readText } from './folder-texts.ts';
import { pathFrom } from './follow-references.ts';
import type { LoadedFile } from './load.ts';
import { TABLE_FILE } from './policy-tests.ts';
import { FILE_LIMITS, readYaml } from './read-yaml.ts';
import { rolePolicies } from './roles.ts';

const MOST_FILES = 200;
const CEDAR = /\.cedar$/;
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
 * The policies of the file's roles, and those of every `.cedar` file in the folders that it names, in order of their names. What they say of arguments is held
 * against the tools when it is put in force: a tool that a policy does not fit is refused.
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
    const names = filesIn(pathFrom(folder, named), CEDAR, MOST_FILES);
    paths.push(pathFrom(folder, named));
    if (typeof names === 'string') return refuse(names);
    paths.push(...names.map((name) => join(pathFrom(folder, named), name)));
    return names.flatMap((name): readonly PolicyText[] => {
      const text = readText(join(pathFrom(folder, named), name), LIMITS.policyFileBytes);
      return 'expected' in text ? refuse(`${text.expected}: ${name}`) : [{ file: join(named, name), text: text.text }];
    });
  });
  const bytes = texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > FILE_LIMITS.bytes) {
    const told = mistake({ reason: 'config.invalid', key: 'policies', expected: `at most ${FILE_LIMITS.bytes} bytes in all of its files` });
    return { ...NOTHING, paths, mistakes: [...mistakes, { ...told, position: file.places.keyAt(['policies']) }] };
  }
  const loaded = loadPolicies(texts, []);
  const roles = rolePolicies(file.roles, file.name, file.places);
  const taken = new Set(roles.map(({ id }) => id));
  const doubles = loaded.policies.filter(({ id }) => taken.has(id));
  const wrong = doubles.map(({ id, place }) => ({ ...place, column: 1, policy: id, what: 'a role of the file has this id' }));
  for (const { file: name, line, column, policy, what } of [...loaded.mistakes, ...wrong]) {
    const told = mistake({ reason: 'config.invalid', key: policy ?? 'policy', expected: what });
    mistakes.push({ ...told, said: what, file: name, position: { line, column } });
  }
  return {
    policies: [...roles, ...loaded.policies],
    texts: Object.fromEntries(texts.map(({ file: name, text }) => [name, text])),
    paths,
    mistakes,
  };
}

/** Files that stand now in the folders that a text of the file names, as it names them: what would be read with it. */
export function filesBeside(text: string, folder: string): readonly string[] {
  const read = readYaml(Buffer.from(text));
  const document = read.ok && isRecord(read.value.value) ? read.value.value : {};
  return Object.entries({ policies: CEDAR, policy_tests: TABLE_FILE }).flatMap(([key, match]) =>
    [document[key]].flat().flatMap((one) => {
      const names = typeof one === 'string' && !match.test(one) ? filesIn(pathFrom(folder, one), match, Number.POSITIVE_INFINITY) : [];
      return typeof names === 'string' ? [] : names.map((name) => join(String(one), name));
    }),
  );
}
