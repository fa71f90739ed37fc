import { join } from 'node:path';
import { z } from 'zod';
import type { PolicyTable } from '../../policy/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import { isRecord } from '../read-block.ts';
import { filesIn, readText } from './folder-texts.ts';
import { pathFrom } from './follow-references.ts';
import { mistakesOf } from './issues.ts';
import type { LoadedFile } from './load.ts';
import type { Places } from './places.ts';
import { policyTable } from './policy-table.ts';
import { FILE_LIMITS, readYaml } from './read-yaml.ts';

/** A table of cases that has to hold before a configuration is put in force. */
export interface NamedTable {
  /** As the configuration names it. */
  readonly name: string;
  readonly table: PolicyTable & { readonly policies?: string | readonly string[] };
  readonly places: Places;
}

export interface PolicyTests {
  readonly tables: readonly NamedTable[];
  readonly texts: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  readonly mistakes: readonly Mistake[];
}

export const TABLE_FILE = /\.ya?ml$/;
const MOST_TABLES = 50;
/** All of them are decided while calls wait their turn. */
const MOST_CASES = 2000;
const SCHEMA = z.toJSONSchema(policyTable, { io: 'input', unrepresentable: 'any' }) as Readonly<Record<string, unknown>>;

/** Reads the tables that `policy_tests` names: files, and the .yaml files of folders in order of their names. */
export function readPolicyTests(file: LoadedFile, folder: string): PolicyTests {
  const mistakes: Mistake[] = [];
  const paths: string[] = [];
  const tables: NamedTable[] = [];
  const texts: Record<string, string> = {};
  for (const [index, named] of file.policyTests.entries()) {
    const at = file.places.has(['policy_tests', index]) ? ['policy_tests', index] : ['policy_tests'];
    const refuse = (expected: string): void => {
      const told = mistake({ reason: 'config.invalid', key: at.join('.'), expected, got: named });
      mistakes.push({ ...told, position: file.places.keyAt(at) });
    };
    paths.push(pathFrom(folder, named));
    const names = TABLE_FILE.test(named) ? [named] : filesIn(pathFrom(folder, named), TABLE_FILE, MOST_TABLES);
    if (typeof names === 'string') refuse(names);
    for (const name of typeof names === 'string' ? [] : names) {
      const own = name === named ? named : join(named, name);
      paths.push(pathFrom(folder, own));
      const text = readText(pathFrom(folder, own), FILE_LIMITS.bytes);
      if ('expected' in text) {
        refuse(`${text.expected}: ${own}`);
        continue;
      }
      texts[own] = text.text;
      const read = readTable(own, text.text);
      if ('mistakes' in read) mistakes.push(...read.mistakes);
      else tables.push(read);
    }
  }
  const cases = tables.reduce((sum, { table }) => sum + table.cases.length, 0);
  if (cases > MOST_CASES) {
    const told = mistake({
      reason: 'config.invalid',
      key: 'policy_tests',
      expected: `at most ${MOST_CASES} cases in all tables`,
      got: cases,
    });
    mistakes.push({ ...told, position: file.places.keyAt(['policy_tests']) });
  }
  return { tables, texts, paths, mistakes };
}

/** One table with the place of each case, or every mistake in it. */
export function readTable(name: string, text: string): NamedTable | { readonly mistakes: readonly Mistake[] } {
  const read = readYaml(Buffer.from(text));
  if (!read.ok) return { mistakes: read.mistakes.map((one) => ({ ...one, file: name })) };
  const { value, places } = read.value;
  const parsed = policyTable.safeParse(isRecord(value) ? value : {});
  if (!parsed.success) return { mistakes: mistakesOf(parsed.error, [], value, places, SCHEMA).map((one) => ({ ...one, file: name })) };
  return { name, table: parsed.data as NamedTable['table'], places };
}
