import { dirname, join, resolve } from 'node:path';
import { type PrincipalId, ulid } from '../base/ids.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import {
  effectsIn,
  fileOf,
  filesBeside,
  isWhole,
  type NamedServer,
  type RestorableFile,
  type RestorableState,
  serversOwned,
  storedContent,
  storedIn,
  type Version,
} from '../config/index.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Registration } from '../contracts/registration.ts';
import type { ConfigSource, StartOptions } from '../contracts/running.ts';
import type { StoredGrant } from '../policy/index.ts';
import { readTransport } from '../registry/index.ts';
import { type Decisive, readStored } from './history.ts';
import { putBack, type WantedFile } from './put-back.ts';
import type { Restored } from './reconcile.ts';
import type { Reloader } from './reload.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface Reverting {
  readonly rooms: Rooms;
  readonly options: StartOptions;
  readonly reloader: Reloader;
}

/**
 * Puts an earlier configuration in force again, whole: the bytes of the file and of those that it names, which are written back, and what storage
 * held, in one transaction. Pins of servers that are there stay as they are. `config.not_revertible` says what stands in the way, and nothing is changed.
 */
export async function revert({ rooms, options, reloader }: Reverting, name: string, author: string): Promise<Result<Version, Reason>> {
  const found = await rooms.versions.find(TENANT, name);
  if (!found.ok) return found;
  const { value: version } = found;
  if (!isWhole(version)) return refuse('it was kept by an older release, which did not keep all of it');
  const then = fileOf(version);
  const { file = null } = options;
  if ((then === null) !== (file === null))
    return refuse(then === null ? 'it had no configuration file: start without one' : 'it had a configuration file: start with one');
  const taken = await reloader.take({ author, cause: `config.reverted to ${version.sequence}` }, async () => {
    const restored = await restoredFrom(rooms, version, author as PrincipalId);
    if (!restored.ok) return restored;
    const written = file === null || then === null ? success(NOTHING) : putBack(wantedFiles(file, then), revertNote(options.data));
    return written.ok ? success({ restored: restored.value, ...written.value }) : written;
  });
  if (!taken.ok) return taken;
  return taken.value === null ? failure('config.version_unknown', 'there is no version') : success(taken.value);
}

/** What stands in the folders that the file then named, and did not then, would be read with it. */
function wantedFiles({ path }: ConfigSource, { text, beside }: RestorableFile): readonly WantedFile[] {
  const folder = dirname(path);
  const stray = filesBeside(text, folder).filter((name) => !Object.hasOwn(beside, name));
  return [
    ...Object.entries(beside).map(([name, own]) => ({ path: resolve(folder, name), text: own })),
    ...stray.map((name) => ({ path: resolve(folder, name), text: null })),
    { path, text },
  ];
}

const NOTHING = { undo: () => undefined, done: () => undefined };

/** Where what stood before a revert is kept until the revert is over. */
export const revertNote = (data: string): string => join(data, 'reverting');

const refuse = (detail: string): Failure<'config.not_revertible'> => failure('config.not_revertible', detail);

async function restoredFrom(rooms: Rooms, version: Version, author: PrincipalId): Promise<Result<Restored, Reason>> {
  const now = await readStored(rooms);
  if (!now.ok) return now;
  const { servers: current } = now.value;
  const shown = storedContent(now.value, rooms.keyed)['servers'] as JsonObject;
  const { servers, grants, policies } = storedIn(version);
  const named: NamedServer[] = [];
  for (const { id, input, transport } of servers) {
    const here = current.find((server) => server.id === id);
    const isSame = here !== undefined && JSON.stringify((shown[id] as JsonObject)['transport']) === JSON.stringify(transport);
    const stored = isSame && here !== undefined ? inputFrom(here, version) : input;
    if (stored === null) return refuse(`server ${id} needs its secrets again: register it with sallyport servers add`);
    const reached = readTransport(stored);
    if (reached === null) return refuse(`server ${id} is not as servers may be`);
    named.push({ id, input: stored, stored: reached, transport: reached });
  }
  const wanted = new Set([...servers.map(({ id }) => id), ...serversOwned(version)]);
  const gone = current.map(({ id }) => id as string).filter((id) => !wanted.has(id));
  return success({ servers: named, gone, ...decisiveFrom(now.value, { grants, policies }, { by: author, created: rooms.clock.now() }) });
}

/** A server that is there, reached as it is now, with title, effects and the rest as the version had them. */
function inputFrom(here: Registration, { content }: Version): JsonObject {
  const servers = (content['stored'] as JsonObject)['servers'] as JsonObject;
  const { title, sharing, enabled, resources, effects } = servers[here.id] as JsonObject;
  return {
    id: here.id,
    title,
    sharing,
    enabled,
    resources,
    ...effectsIn(effects as JsonObject),
    transport: here.transport,
  } as unknown as JsonObject;
}

/** What is there as it was keeps its id, its author and its uses; the rest is made anew. */
function decisiveFrom(
  now: Decisive,
  { grants, policies }: Pick<RestorableState, 'grants' | 'policies'>,
  made: { readonly by: PrincipalId; readonly created: number },
): Decisive {
  const isSame = (a: RestorableState['grants'][number], b: typeof a): boolean =>
    a.principal === b.principal && a.tool === b.tool && sameRules(a.rules, b.rules);
  return {
    grants: grants.map(
      (grant) =>
        now.grants.find((one) => isSame(one, grant)) ?? { ...grant, ...made, tenant: TENANT, id: ulid(made.created), lastUsed: null },
    ),
    policies: policies.map(
      ({ id, text }) => now.policies.find((one) => one.id === id && one.text === text) ?? { ...made, tenant: TENANT, id, text },
    ),
  };
}

const sameRules = (a: StoredGrant['rules'], b: StoredGrant['rules']): boolean =>
  a === undefined || b === undefined ? a === b : canonicalText(a) === canonicalText(b);

/** The order of keys says nothing. */
const canonicalText = (rules: NonNullable<StoredGrant['rules']>): string =>
  JSON.stringify(rules.map((rule) => ('below' in rule ? [rule.argument, rule.below] : [rule.argument, [...rule.oneOf]])));
