import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';

export type NewestRevision = '2025-11-25' | '2026-07-28';
export type SuiteRevision = '2025-03-26' | '2025-06-18' | NewestRevision;

/** The suite has a set of requirements for the two newest only; of an older one it runs every scenario that applies, and each counts. */
const FROZEN: ReadonlySet<SuiteRevision> = new Set(['2025-11-25', '2026-07-28']);

/** How one scenario of the official suite went. */
export interface Scenario {
  readonly name: string;
  /** Whether conformance to the revision asks for it. */
  readonly scored: boolean;
  /** Checks by what came of them. */
  readonly passed: number;
  readonly failed: number;
  readonly warned: number;
  /** `check: why`, failures first. */
  readonly complaints: readonly string[];
}

/** Nothing failed and something was shown: a scenario that only skipped proves nothing. */
export const isPassed = ({ passed, failed }: Scenario): boolean => failed === 0 && passed > 0;

interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
  readonly details?: unknown;
}

const SUITE = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'));

/** The scenarios that a revision asks of servers, and those that the suite runs beside without scoring them. */
export function requirementsOf(revision: SuiteRevision): { readonly scored: readonly string[]; readonly unscored: readonly string[] } {
  const set = parse(readFileSync(join(SUITE, 'requirements', `${revision}.yaml`), 'utf8')) as {
    readonly server: readonly string[];
    readonly not_scored: readonly { readonly scenario: string; readonly leg: string }[];
  };
  const unscored = set.not_scored.filter(({ leg }) => leg === 'server').map(({ scenario }) => scenario);
  return { scored: set.server, unscored };
}

const RUNNING = /^=== Running scenario: (.+) ===$/;
const SUITE_MS = 180_000;

/** Runs what the revision asks of a server against `url`, and reads the suite's own files of checks. */
export async function runSuite(url: string, revision: SuiteRevision, onScenario: (name: string) => void): Promise<readonly Scenario[]> {
  const out = mkdtempSync(join(tmpdir(), 'sallyport-conformance-'));
  try {
    const which = FROZEN.has(revision) ? ['--requirements', revision] : ['--suite', 'all', '--spec-version', revision];
    const said = await runCommand(['server', '--url', url, ...which, '-o', out], onScenario);
    const folders = readdirSync(out);
    const { scored, unscored } = FROZEN.has(revision) ? requirementsOf(revision) : { scored: scenariosIn(folders), unscored: [] };
    const scenarios = [...scored, ...unscored].map((name) => scenarioOf(name, scored.includes(name), checksOf(out, folders, name)));
    if (scenarios.every(({ passed, failed }) => passed + failed === 0)) throw new Error(`the suite did not run:\n${said}`);
    return scenarios;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/**
 * The scenarios of the tasks extension, one by one. Of the one about notifications the suite runs nothing: it waits to be written for listen streams, and is
 * left out, since what only skips proves nothing.
 */
export async function runTaskScenarios(url: string, onScenario: (name: string) => void): Promise<readonly Scenario[]> {
  const { unscored } = requirementsOf('2026-07-28');
  const names = unscored.filter((name) => name.startsWith('tasks-') && name !== 'tasks-status-notifications');
  const out = mkdtempSync(join(tmpdir(), 'sallyport-conformance-'));
  try {
    const scenarios: Scenario[] = [];
    for (const name of names) {
      onScenario(name);
      const said = await runCommand(
        ['server', '--url', url, '--scenario', name, '--spec-version', '2026-07-28', '--force', '-o', out],
        () => undefined,
      );
      const checks = checksOf(out, readdirSync(out), name);
      if (checks.length === 0) throw new Error(`${name} did not run:\n${said}`);
      scenarios.push(scenarioOf(name, false, checks));
    }
    return scenarios;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function runCommand(args: readonly string[], onScenario: (name: string) => void): Promise<string> {
  const child = spawn(process.execPath, [join(SUITE, 'dist/index.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SUITE_MS,
  });
  const said: string[] = [];
  const keep = (line: string): void => {
    said.push(line);
    if (said.length > 50) said.shift();
  };
  createInterface({ input: child.stderr }).on('line', keep);
  createInterface({ input: child.stdout }).on('line', (line) => {
    keep(line);
    const name = RUNNING.exec(line)?.[1];
    if (name !== undefined) onScenario(name);
  });
  // The exit code says only whether a scored scenario failed; the files of checks say which.
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(said.join('\n')));
  });
}

const scenariosIn = (folders: readonly string[]): readonly string[] =>
  folders.flatMap((folder) => /^server-(.+)-20\d\d-/.exec(folder)?.[1] ?? []).sort();

// The folder of a scenario is `server-NAME-TIME`; no name is the beginning of another followed by a year.
function checksOf(out: string, folders: readonly string[], name: string): readonly Check[] {
  const folder = folders.find((one) => one.startsWith(`server-${name}-20`));
  return folder === undefined ? [] : (JSON.parse(readFileSync(join(out, folder, 'checks.json'), 'utf8')) as readonly Check[]);
}

function scenarioOf(name: string, scored: boolean, checks: readonly Check[]): Scenario {
  const of = (status: Check['status']): readonly Check[] => checks.filter((check) => check.status === status);
  const [failed, warned] = [of('FAILURE'), of('WARNING')];
  return {
    name,
    scored,
    passed: of('SUCCESS').length,
    failed: checks.length === 0 ? 1 : failed.length,
    warned: warned.length,
    complaints: checks.length === 0 ? ['the suite left no checks'] : [...failed, ...warned].map(complaintOf),
  };
}

const complaintOf = ({ id, errorMessage, details }: Check): string =>
  `${id}: ${(errorMessage ?? JSON.stringify(details) ?? '').replaceAll(/\s+/g, ' ').slice(0, 300)}`;
