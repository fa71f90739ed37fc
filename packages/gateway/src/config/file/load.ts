import { isAbsolute } from 'node:path';
import { mistakeInRules } from '../../base/argument-rules.ts';
import { sha256Hex } from '../../base/bytes.ts';
import type { Success } from '../../base/result.ts';
import type { Grant } from '../../contracts/decision.ts';
import type { JsonValue } from '../../contracts/json.ts';
import type { ProgramList } from '../../contracts/programs.ts';
import { trustedProxies } from '../../http/index.ts';
import { ALIASES } from '../blocks.ts';
import { type Composed, compose } from '../compose.ts';
import { type Mistake, type Mistakes, mistake, mistakesFound } from '../mistake.ts';
import { isRecord } from '../read-block.ts';
import { type AccountPlan, planAccounts, principalNamed } from './accounts.ts';
import { type ListenerPlans, planListeners } from './listeners.ts';
import { literalSecrets } from './literal-secrets.ts';
import { planOlderTls } from './older-tls.ts';
import type { Path, Places } from './places.ts';
import { readParts } from './read-parts.ts';
import { FILE_LIMITS, readYaml } from './read-yaml.ts';
import { planRoles, type RolePlan, rulesOf } from './roles.ts';
import { type FileParts, type FileServer, type FileTelemetry, PART_NAMES } from './schema.ts';
import { serverMistakes } from './servers.ts';

/** A configuration file that says nothing wrong. References to secrets are not followed yet. */
export interface LoadedFile {
  /** As it was named: what messages begin with. */
  readonly name: string;
  readonly text: string;
  /** SHA-256, hex, of its bytes. */
  readonly digest: string;
  readonly composed: Composed;
  readonly listeners: ListenerPlans;
  readonly trustedProxies: readonly string[];
  /** The reference to the URL of PostgreSQL; null: the embedded store. */
  readonly postgres: string | null;
  readonly servers: Readonly<Record<string, FileServer>>;
  /** Null where the file lists none. */
  readonly programs: ProgramList;
  readonly grants: readonly Pick<Grant, 'principal' | 'tool' | 'rules'>[];
  readonly roles: readonly RolePlan[];
  readonly accounts: readonly AccountPlan[];
  readonly telemetry: FileTelemetry;
  /** Where the socket for administration stands, absolute; null: in the data directory. */
  readonly adminSocket: string | null;
  /** Null: a changed file is not watched. */
  readonly staged: StagedApply | null;
  /** Folders as they were written. */
  readonly policies: readonly string[];
  /** Tables, and folders of them, as they were written. */
  readonly policyTests: readonly string[];
  readonly places: Places;
}

/** When a file that was put in force is taken back. Shares from 0 to 1: by how much they may rise. */
export interface StagedApply {
  readonly windowMs: number;
  readonly failed: number;
  /** Null: denials are not counted. */
  readonly denied: number | null;
  readonly leastCalls: number;
}

export interface FileToLoad {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Wall time in milliseconds, by which deviations end. */
  readonly now: number;
}

/** Reads a file and tells everything that is wrong with it, each with its line and column. Nothing else is looked at or changed. */
export function loadFile({ name, bytes, now }: FileToLoad): Success<LoadedFile> | Mistakes {
  const read = readYaml(bytes);
  if (!read.ok) return inFile(name, read.mistakes);
  const { value, places } = read.value;
  if (!isRecord(value)) return inFile(name, [mistake({ reason: 'config.invalid', key: 'file', expected: 'a block of keys', got: value })]);
  const { parts, mistakes: wrongParts } = readParts(value, places);
  const { roles, mistakes: wrongRoles } = planRoles(parts, places);
  const { accounts, mistakes: wrongAccounts } = planAccounts(parts, places, now);
  const today = new Date(now).toISOString().slice(0, 10);
  const planned = planListeners(parts, places, today);
  const older = planOlderTls(parts, places, today);
  const composed = compose(
    pick(value, (key) => !PART_NAMES.includes(key)),
    now,
    { keys: PART_NAMES, deviations: [...planned.deviations, ...older.deviations] },
  );
  const mistakes = [
    ...wrongParts,
    ...(composed.ok ? [] : composed.mistakes.map((one) => placed(one, value, places))),
    ...planned.mistakes,
    ...older.mistakes,
    ...telemetryMistakes(parts, places),
    ...proxyMistakes(parts, places),
    ...serverMistakes(parts.servers ?? {}, places),
    ...grantMistakes(parts, places),
    ...wrongRoles,
    ...wrongAccounts,
    ...postgresMistake(parts, places),
    ...literalSecrets(value as JsonValue, places),
  ];
  if (mistakes.length > 0 || !composed.ok) return inFile(name, withoutDoubles(mistakes));
  return {
    ok: true,
    value: {
      name,
      text: Buffer.from(bytes).toString('utf8'),
      digest: sha256Hex(bytes),
      composed: composed.value,
      listeners: planned.plans,
      trustedProxies: parts.trusted_proxies ?? [],
      postgres: parts.storage?.postgres ?? null,
      servers: parts.servers ?? {},
      programs: parts.programs ?? null,
      grants: (parts.grants ?? []).map(({ principal, tool, rules }) => ({
        principal: principalNamed(parts, principal),
        tool,
        ...rulesOf(rules),
      })),
      roles: roles.map((role) => ({ ...role, members: role.members.map((member) => principalNamed(parts, member)) })),
      accounts,
      policies: [parts.policies ?? []].flat(),
      telemetry: parts.telemetry ?? { metrics: true },
      adminSocket: parts.listeners?.admin?.socket ?? null,
      staged: stagedOf(parts),
      policyTests: [parts.policy_tests ?? []].flat(),
      places,
    },
  };
}

function stagedOf({ staged_apply: staged }: FileParts): StagedApply | null {
  if (staged === undefined) return null;
  const { window_seconds, error_rate, denial_rate = null, least_calls } = staged;
  return { windowMs: window_seconds * 1000, failed: error_rate, denied: denial_rate, leastCalls: least_calls };
}

const pick = (value: Readonly<Record<string, unknown>>, wanted: (key: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => wanted(key)));

/** In the order of the file, each with its name. */
export function inFile(name: string, mistakes: readonly Mistake[]): Mistakes {
  const order = (one: Mistake): number => (one.position?.line ?? 0) * 100_000 + (one.position?.column ?? 0);
  const sorted = mistakes.toSorted((a, b) => order(a) - order(b));
  return mistakesFound(sorted.slice(0, FILE_LIMITS.mistakes).map((one) => ({ ...one, file: one.file ?? name })));
}

// A secret that also has a wrong form is one thing to mend.
function withoutDoubles(mistakes: readonly Mistake[]): readonly Mistake[] {
  const literal = new Set(mistakes.filter((one) => one.reason === 'config.literal_secret').map(({ key }) => key));
  const rest = mistakes.filter((one) => !literal.has(one.key));
  return [
    ...rest,
    ...[...literal].flatMap((key) => mistakes.find((one) => one.key === key && one.reason === 'config.literal_secret') ?? []),
  ];
}

/** Where a mistake of a block stands: its key is dotted, and the block may have the guide's other name in the file. */
function placed(found: Mistake, document: Readonly<Record<string, unknown>>, places: Places): Mistake {
  const unused = found.key.startsWith('deviations: ') ? found.key.slice('deviations: '.length) : null;
  if (unused !== null) return { ...found, position: places.keyAt(deviationOf(document, unused)) };
  const [block = '', ...rest] = found.key.split('.');
  const alias = Object.keys(ALIASES).find((other) => ALIASES[other] === block && !Object.hasOwn(document, block));
  const path = [alias ?? block, ...rest];
  return { ...found, key: path.join('.'), position: found.unknownKey || found.got === null ? places.keyAt(path) : places.valueAt(path) };
}

function deviationOf(document: Readonly<Record<string, unknown>>, key: string): Path {
  const { deviations } = document;
  const index = Array.isArray(deviations) ? deviations.findIndex((one: unknown) => isRecord(one) && one['key'] === key) : -1;
  return index === -1 ? ['deviations'] : ['deviations', index];
}

const invalid = (path: Path, expected: string, places: Places): Mistake => ({
  ...mistake({ reason: 'config.invalid', key: path.join('.'), expected }),
  position: places.valueAt(path),
});

function proxyMistakes(parts: FileParts, places: Places): readonly Mistake[] {
  const judged = (parts.trusted_proxies ?? []).map((entry) => trustedProxies([entry]).ok && !/\/0+$/.test(entry));
  return judged.flatMap((ok, index) =>
    ok ? [] : [invalid(['trusted_proxies', index], 'an address or network, such as 10.0.0.0/8, and never all of them', places)],
  );
}

function telemetryMistakes({ telemetry, listeners }: FileParts, places: Places): readonly Mistake[] {
  const endpoint = telemetry?.otlp?.endpoint;
  const socket = listeners?.admin?.socket;
  const url = endpoint === undefined || !URL.canParse(endpoint) ? null : new URL(endpoint);
  const isReceiver = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return [
    ...(endpoint === undefined || isReceiver
      ? []
      : [invalid(['telemetry', 'otlp', 'endpoint'], 'http:// or https://, without a user or a password (those go into headers)', places)]),
    ...(socket === undefined || isAbsolute(socket)
      ? []
      : [invalid(['listeners', 'admin', 'socket'], 'an absolute path of at most 100 characters', places)]),
  ];
}

function grantMistakes({ grants = [] }: FileParts, places: Places): readonly Mistake[] {
  const seen = new Set<string>();
  return grants.flatMap(({ principal, tool, rules }, index) => {
    const wrong = rules === undefined ? null : mistakeInRules(rulesOf(rules).rules ?? []);
    if (wrong !== null) return [invalid(['grants', index, 'rules'], wrong, places)];
    const name = `${principal}\n${tool}`;
    if (seen.has(name)) return [invalid(['grants', index], 'each grant once', places)];
    seen.add(name);
    return [];
  });
}

function postgresMistake(parts: FileParts, places: Places): readonly Mistake[] {
  const given = parts.storage?.postgres;
  if (given === undefined || /^(env|file|vault|sealed):/.test(given)) return [];
  const found = mistake({
    reason: 'config.literal_secret',
    key: 'storage.postgres',
    expected: 'env:NAME or file:PATH: the URL holds a password',
  });
  return [{ ...found, position: places.valueAt(['storage', 'postgres']) }];
}
