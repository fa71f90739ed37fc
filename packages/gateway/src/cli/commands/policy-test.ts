import { readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { readTable, tellMistake } from '../../config/index.ts';
import { type CaseResult, loadPolicies, mistakeText, type PolicyTable, simulate } from '../../policy/index.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readText } from '../read-text.ts';
import { sanitize } from '../render/sanitize.ts';
import type { Terminal } from '../terminal.ts';

/** Runs tables of cases against policies, without a gateway. Ends with 1 where a case is decided otherwise than it says. */
export function testPolicies(terminal: Terminal, files: readonly string[]): void {
  const failed: { readonly file: string; readonly result: CaseResult }[] = [];
  let count = 0;
  for (const file of files) {
    const results = resultsOf(file);
    count += results.length;
    failed.push(...results.filter(({ passed }) => !passed).map((result) => ({ file, result })));
  }
  if (terminal.json) terminal.printJson({ cases: count, failed: failed.map(({ file, result }) => ({ file, ...result })) });
  else for (const { file, result } of failed) terminal.print(differenceOf(file, result));
  if (failed.length > 0) throw new CommandError(EXIT.refused, `${failed.length} of ${count} cases are decided otherwise.`);
  if (!terminal.json) terminal.print(`${count} cases are decided as they say.`);
}

function differenceOf(file: string, { case: { principal, tool, arguments: given, expect, by }, got, by: decided }: CaseResult): string {
  const asked = `${sanitize(principal)} ${sanitize(tool)}${given === undefined ? '' : ` ${sanitize(JSON.stringify(given))}`}`;
  return [
    `${sanitize(file)}: ${asked}`,
    `  - expected ${expect}${by === undefined ? '' : ` by ${sanitize(by)}`}`,
    `  + got      ${got}${decided.length === 0 ? ', no policy decided' : ` by ${decided.map(sanitize).join(', ')}`}`,
  ].join('\n');
}

function resultsOf(file: string): readonly CaseResult[] {
  const { policies, ...table } = tableIn(file);
  if (policies === undefined) throw new CommandError(EXIT.usage, `${sanitize(file)}: policies: name the .cedar files or folders to test`);
  const folder = dirname(resolve(file));
  const paths = [policies].flat().flatMap((path) => cedarFiles(resolve(folder, path)));
  const loaded = loadPolicies(
    paths.map((path) => ({ file: relative(process.cwd(), path) || path, text: readText(path) })),
    [],
  );
  if (loaded.mistakes.length > 0) throw new CommandError(EXIT.refused, loaded.mistakes.map((one) => sanitize(mistakeText(one))).join('\n'));
  const simulated = simulate(table, loaded.policies);
  if (!simulated.ok) throw new CommandError(EXIT.refused, `${sanitize(file)}: ${sanitize(simulated.detail ?? simulated.reason)}`);
  return simulated.value;
}

function tableIn(file: string): PolicyTable & { readonly policies?: string | readonly string[] } {
  const read = readTable(file, readText(file));
  if (!('mistakes' in read)) return read.table;
  const lines = read.mistakes.slice(0, 20).map((one) => `\n  ${sanitize(tellMistake(one))}`);
  throw new CommandError(EXIT.usage, `${sanitize(file)} is no table of cases:${lines.join('')}`);
}

function cedarFiles(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => join(path, name));
}
