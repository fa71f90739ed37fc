import { dirname } from 'node:path';
import type { Command } from 'commander';
import {
  explainFile,
  followReferences,
  hintsIn,
  type LoadedFile,
  type Mistake,
  type PlacedValue,
  placeOf,
  readConfigFile,
  readPolicyFolders,
  readPolicyTests,
  sayMistake,
} from '../../config/index.ts';
import { failedCases } from '../../main/policy-gate.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import { table } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

export interface Checking {
  readonly terminalFor: (json: boolean) => Terminal;
  readonly now: () => number;
  readonly absolute: (path: string) => string;
  readonly exists: (path: string) => boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the command with 1 once everything is printed. */
  readonly foundSomething: () => void;
}

interface CheckOptions {
  readonly json: boolean;
  readonly explain?: boolean;
  /** False: `--no-secrets`. */
  readonly secrets: boolean;
}

export const CONFIG_FILE = './sallyport.yaml';

export function checkCommand(program: Command, checking: Checking): void {
  program
    .command('check')
    .argument('[file]', 'the configuration file', CONFIG_FILE)
    .description('say everything that is wrong with a configuration file; nothing is started or changed')
    .option('--explain', 'every value that holds, and where it came from')
    .option('--no-secrets', 'do not look up what env: and file: name')
    .action(async (file: string, _options, command: Command) => check(checking, file, command.optsWithGlobals<CheckOptions>()));
}

async function check(checking: Checking, name: string, options: CheckOptions): Promise<void> {
  const terminal = checking.terminalFor(options.json);
  const path = checking.absolute(name);
  if (!checking.exists(path))
    throw new CommandError(EXIT.usage, `There is no file ${sanitize(name)}. Name it: sallyport check FILE, or make one: sallyport init`);
  const shown = name.replace(/^\.\//, '');
  const read = readConfigFile({ path, name: shown }, checking.now());
  const sources = { folder: dirname(path), env: checking.env };
  const missing = read.ok && options.secrets ? followReferences(read.value, sources).mistakes : [];
  const mistakes = read.ok ? [...missing, ...(await besideMistakes(read.value, dirname(path)))] : read.mistakes;
  if (!read.ok || mistakes.length > 0) tellMistakes(checking, terminal, mistakes);
  else if (options.explain === true) explain(terminal, read.value, shown);
  else tellRight(terminal, read.value, shown);
}

/** Mistakes of the policies and tables that the file names. Cases about tools that their table does not describe wait for the servers. */
async function besideMistakes(file: LoadedFile, folder: string): Promise<readonly Mistake[]> {
  const { policies, mistakes } = readPolicyFolders(file, folder);
  const { tables, mistakes: wrong } = readPolicyTests(file, folder);
  if (mistakes.length + wrong.length > 0) return [...mistakes, ...wrong];
  return failedCases({ file, policies, tests: tables }, NOTHING_STORED, () => true);
}

const NOTHING_STORED = { servers: [], tools: [], prompts: [], templates: [], grants: [], policies: [] } as const;

function tellRight(terminal: Terminal, loaded: LoadedFile, file: string): void {
  const { servers, grants, roles, digest } = loaded;
  const hints = hintsIn(loaded).map(itemOf);
  const facts = { file, digest, servers: Object.keys(servers).length, grants: grants.length, roles: roles.length, mistakes: [], hints };
  if (terminal.json) {
    terminal.printJson(facts);
    return;
  }
  terminal.print(
    `${sanitize(file)} is right: ${facts.servers} servers, ${facts.grants} grants, ${facts.roles} roles. What holds and why: sallyport check --explain`,
  );
  for (const { line, column, key, message } of hints)
    terminal.print(`hint: ${sanitize(file)}:${line}:${column} ${sanitize(key)}: ${sanitize(message)}`);
}

function itemOf(one: Mistake) {
  const { file, position, key, reason, nearest } = one;
  return { file, line: position?.line ?? null, column: position?.column ?? null, key, reason, message: sayMistake(one), nearest };
}

function tellMistakes({ foundSomething }: Checking, terminal: Terminal, mistakes: readonly Mistake[]): void {
  foundSomething();
  if (terminal.json) {
    terminal.printJson({ mistakes: mistakes.map(itemOf) });
    return;
  }
  terminal.print(
    table<Mistake>(
      [
        { title: 'place', text: (row) => sanitize(placeOf(row)) },
        { title: 'key', text: (row) => sanitize(row.key) },
        { title: 'mistake', text: (row) => sanitize(sayMistake(row)), flexible: true },
      ],
      mistakes,
      terminal.screen,
    ),
  );
  terminal.print(`${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}; the running configuration is unchanged`);
}

function explain(terminal: Terminal, file: LoadedFile, name: string): void {
  const rows = explainFile(file);
  if (terminal.json) {
    terminal.printJson(rows.map(({ place, ...row }) => ({ ...row, line: place?.line ?? null, column: place?.column ?? null })));
    return;
  }
  terminal.print(
    table<PlacedValue>(
      [
        { title: 'key', text: (row) => row.key },
        { title: 'value', text: (row) => sanitize(String(row.value)) },
        { title: 'from', text: (row) => sanitize(originOf(row, name)) },
        { title: 'means', text: (row) => row.about, flexible: true },
      ],
      rows,
      terminal.screen,
    ),
  );
}

function originOf({ place, source, deviation, guide }: PlacedValue, name: string): string {
  if (place === null) return 'the guide';
  const where = `${name}:${place.line}:${place.column}`;
  return source === 'deviation' ? `${where}, weaker than ${String(guide)} until ${deviation?.until ?? ''}` : where;
}
