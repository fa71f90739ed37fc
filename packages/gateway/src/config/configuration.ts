import { basename, dirname } from 'node:path';
import type { Success } from '../base/result.ts';
import { SecretString } from '../base/secret-string.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { ProgramList } from '../contracts/programs.ts';
import type { Transport } from '../contracts/registration.ts';
import type { ConfigSource, StorageChoice, TraceTarget } from '../contracts/running.ts';
import type { Settings } from '../contracts/settings.ts';
import { NO_PROXIES, type TrustedProxies, tlsProblem, trustedProxies } from '../http/index.ts';
import type { OwnPolicy } from '../policy/index.ts';
import { readTransport } from '../registry/index.ts';
import { compose } from './compose.ts';
import { followReferences, pathFrom, readSecretFile, type Secrets, secretFilesIn } from './file/follow-references.ts';
import { LISTENERS, type ListenerName, type ListenerPlan } from './file/listeners.ts';
import { inFile, type LoadedFile, loadFile } from './file/load.ts';
import { readPolicyFolders } from './file/policies.ts';
import { type NamedTable, readPolicyTests } from './file/policy-tests.ts';
import { readConfigFile } from './file/read-file.ts';
import type { FileServer } from './file/schema.ts';
import { serverInput } from './file/servers.ts';
import { type Mistake, type Mistakes, mistake } from './mistake.ts';

/** A listener with the texts of its certificate and key. */
export interface ReadyListener extends Omit<ListenerPlan, 'tls'> {
  readonly tls: { readonly cert: string; readonly key: SecretString } | null;
}

/** A server of the file. `input`, as `POST /api/v1/servers` takes it, may be stored: references stand where `transport` has the secrets. */
export interface NamedServer {
  readonly id: string;
  readonly input: JsonObject;
  readonly stored: Transport;
  readonly transport: Transport;
}

/** All that a gateway is configured by, read and checked as a whole. */
export interface Configuration {
  readonly settings: Settings;
  /** Null where there is no file. */
  readonly file: LoadedFile | null;
  readonly listeners: Readonly<Record<ListenerName, ReadyListener>>;
  readonly proxies: TrustedProxies;
  /** Where traces go; null: where the environment says. */
  readonly traces: TraceTarget | null;
  /** Null: the embedded store. */
  readonly storage: StorageChoice | null;
  readonly servers: readonly NamedServer[];
  readonly programs: ProgramList;
  /** The operator's own, of the roles of the file and of the folders that it names. */
  readonly policies: readonly OwnPolicy[];
  /** Tables of cases that have to hold for it to be put in force. */
  readonly tests: readonly NamedTable[];
  /** The texts of files that it names and that decide, by their path from its folder. No secrets: they stand in every version. */
  readonly beside: Readonly<Record<string, string>>;
  /** Every file and folder that it was read from, absolute: a change of one is a change of the configuration. */
  readonly files: readonly string[];
}

const PLAIN: ReadyListener = { host: '127.0.0.1', port: null, names: [], origins: [], tls: null };

/** A configuration of the guide's blocks alone. */
export function plainConfiguration(document: JsonObject, now: number): Success<Configuration> | Mistakes {
  const composed = compose(document, now);
  if (!composed.ok) return composed;
  const { settings } = composed.value;
  const listeners = { gateway: PLAIN, admin: PLAIN };
  return {
    ok: true,
    value: {
      settings,
      file: null,
      listeners,
      proxies: NO_PROXIES,
      traces: null,
      storage: null,
      servers: [],
      programs: null,
      policies: [],
      tests: [],
      beside: {},
      files: [],
    },
  };
}

/** Reads the file, or `bytes` as if they stood there, and everything that it names on this machine. A failure lists every mistake, and nothing was changed. */
export function readConfiguration({ path, name, env }: ConfigSource, now: number, bytes?: Uint8Array): Success<Configuration> | Mistakes {
  const place = { path, name: name || basename(path) };
  const read = bytes === undefined ? readConfigFile(place, now) : loadFile({ name: place.name, bytes, now });
  if (!read.ok) return read;
  const file = read.value;
  const folder = dirname(path);
  const secrets = followReferences(file, { folder, env });
  const listeners = readListeners(file, folder);
  const proxies = trustedProxies(file.trustedProxies);
  const servers = readServers(file, secrets);
  const policies = readPolicyFolders(file, folder);
  const tests = readPolicyTests(file, folder);
  const mistakes = [...secrets.mistakes, ...listeners.mistakes, ...servers.mistakes, ...policies.mistakes, ...tests.mistakes];
  const files = [path, ...filesIn(file, folder), ...policies.paths, ...tests.paths];
  if (mistakes.length > 0) return { ...inFile(file.name, mistakes), files };
  return {
    ok: true,
    value: {
      settings: file.composed.settings,
      file,
      listeners: listeners.ready,
      proxies: proxies.ok ? proxies.value : NO_PROXIES,
      traces: tracesOf(file, secrets),
      storage: storageOf(file, secrets),
      servers: servers.named,
      programs: file.programs,
      policies: policies.policies,
      tests: tests.tables,
      beside: { ...policies.texts, ...tests.texts },
      files,
    },
  };
}

function filesIn(file: LoadedFile, folder: string): readonly string[] {
  const tls = LISTENERS.flatMap((name) => Object.values(file.listeners[name].tls ?? {}));
  return [...new Set([...tls, ...secretFilesIn(file)])].map((path) => pathFrom(folder, path));
}

function storageOf({ postgres }: LoadedFile, { found }: Secrets): StorageChoice | null {
  const url = postgres === null ? undefined : found.get(postgres);
  return url === undefined ? null : { kind: 'postgres', url };
}

function tracesOf({ telemetry: { otlp } }: LoadedFile, { found }: Secrets): TraceTarget | null {
  if (otlp === undefined) return null;
  const headers = Object.entries(otlp.headers ?? {}).map(([name, text]) => [name, found.get(text) ?? new SecretString(text)] as const);
  return { url: new URL(otlp.endpoint).href, headers: Object.fromEntries(headers), ratio: otlp.ratio };
}

function readServers(
  file: LoadedFile,
  secrets: Secrets,
): { readonly named: readonly NamedServer[]; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const named = Object.entries(file.servers).flatMap(([id, server]) => {
    const input = serverInput(id, server);
    const stored = readTransport(input);
    const transport = readTransport(serverInput(id, withSecrets(server, secrets)));
    if (stored !== null && transport !== null) return [{ id, input, stored, transport: ofFile(transport) }];
    const told = mistake({
      reason: 'config.secret_unavailable',
      key: `servers.${id}`,
      expected: 'secrets on one line each, as headers and variables take them',
    });
    mistakes.push({ ...told, position: file.places.keyAt(['servers', id]) });
    return [];
  });
  return { named, mistakes };
}

// Whoever writes the file says what may be started, here as under `programs`.
function ofFile(transport: Transport): Transport {
  if (transport.kind === 'stdio') return { ...transport, launch: { ...transport.launch, ofFile: true } };
  const { local } = transport;
  return local === null ? transport : { ...transport, local: { ...local, launch: { ...local.launch, ofFile: true } } };
}

function withSecrets(server: FileServer, { found }: Secrets): FileServer {
  const fill = (values: Readonly<Record<string, string>> | undefined): { [name: string]: string } | undefined =>
    values === undefined
      ? undefined
      : Object.fromEntries(Object.entries(values).map(([name, text]) => [name, found.get(text)?.reveal() ?? text]));
  const { local } = server;
  return {
    ...server,
    env: fill(server.env),
    headers: fill(server.headers),
    local: local === undefined ? undefined : { ...local, env: fill(local.env) },
  };
}

function readListeners(
  file: LoadedFile,
  folder: string,
): { readonly ready: Configuration['listeners']; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const ready = (name: ListenerName): ReadyListener => {
    const plan = file.listeners[name];
    if (plan.tls === null) return { ...plan, tls: null };
    const tls = readTls(plan.tls, folder);
    if (typeof tls !== 'string') return { ...plan, tls };
    const path = file.places.has(['listeners', name, 'tls']) ? ['listeners', name, 'tls'] : ['tls'];
    const key = path.join('.');
    if (!mistakes.some((one) => one.key === key))
      mistakes.push({ ...mistake({ reason: 'config.invalid', key, expected: tls }), position: file.places.keyAt(path) });
    return { ...plan, tls: null };
  };
  const [gateway, admin] = LISTENERS.map(ready) as [ReadyListener, ReadyListener];
  return { ready: { gateway, admin }, mistakes };
}

function readTls(files: NonNullable<ListenerPlan['tls']>, folder: string): ReadyListener['tls'] | string {
  const cert = readSecretFile(pathFrom(folder, files.cert), 'public');
  const key = readSecretFile(pathFrom(folder, files.key));
  if (typeof cert === 'object') return cert.expected;
  if (typeof key === 'object') return key.expected;
  const problem = tlsProblem({ cert, key });
  return problem === null ? { cert, key: new SecretString(key) } : `a certificate and its own key (${problem})`;
}

/** Why a server of the file cannot be had, at its place: the registry's own words, or those of asking it. */
export function serverMistake(
  { file }: Configuration,
  failed: { readonly id: string; readonly reason: string; readonly detail?: string },
): Mistake {
  const { reason, detail = '' } = failed;
  // The registry names the key itself where it knows it: `servers.files.effects.raed: the server offers no such tool`.
  const [key = '', said = ''] = detail.startsWith('servers.')
    ? [detail.slice(0, detail.indexOf(': ')), detail.slice(detail.indexOf(': ') + 2)]
    : [];
  const [, id = '', block, ...name] = key.split('.');
  const path = key === '' ? ['servers', failed.id] : ['servers', id, ...(block === undefined ? [] : [block, name.join('.')])];
  const expected = key === '' ? `a server that answers (${reason}: ${detail})` : `a tool of it (${said})`;
  const told = mistake({ reason: 'config.invalid', key: path.join('.'), expected });
  return { ...told, file: file?.name ?? null, position: file?.places.keyAt(path) ?? null };
}
