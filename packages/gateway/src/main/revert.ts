import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { PrincipalId } from '../base/ids.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import {
  type Authorship,
  effectsIn,
  fileOf,
  type NamedServer,
  serversOwned,
  storedContent,
  storedIn,
  type Version,
} from '../config/index.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Registration } from '../contracts/registration.ts';
import type { StartOptions } from '../contracts/running.ts';
import { readTransport } from '../registry/index.ts';
import type { Applier } from './apply.ts';
import { readStored } from './history.ts';
import type { Restored } from './reconcile.ts';
import type { Reloader } from './reload.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface Reverting {
  readonly rooms: Rooms;
  readonly options: StartOptions;
  readonly apply: Applier;
  readonly reloader: Reloader;
}

/**
 * Puts an earlier configuration in force again, whole: the bytes of the file, which is written back, and what storage held. Pins of servers that
 * are there stay as they are. `config.not_revertible` says what stands in the way, and nothing is changed.
 */
export async function revert(
  { rooms, options, apply, reloader }: Reverting,
  name: string,
  author: string,
): Promise<Result<Version, Reason>> {
  const found = await rooms.versions.find(TENANT, name);
  if (!found.ok) return found;
  const by: Authorship = { author, cause: `config.reverted to ${found.value.sequence}` };
  const restored = await restoredFrom(rooms, found.value, author);
  if (!restored.ok) return restored;
  const then = fileOf(found.value);
  const { file = null } = options;
  if ((then === null) !== (file === null))
    return refuse(then === null ? 'it had no configuration file: start without one' : 'it had a configuration file: start with one');
  const written = file === null || then === null ? success(null) : writeBack(file.path, then.text);
  if (!written.ok) return written;
  const taken = await reloader.take(then === null ? null : Buffer.from(then.text), by, restored.value);
  if (!taken.ok) {
    written.value?.undo();
    return taken;
  }
  // Decisions name the grants by the ids that they have now.
  const applied = await apply(by);
  if (!applied.ok) return applied;
  return taken.value === null ? failure('config.version_unknown', 'there is no version') : success(taken.value);
}

const refuse = (detail: string): Failure<'config.not_revertible'> => failure('config.not_revertible', detail);

async function restoredFrom(rooms: Rooms, version: Version, author: string): Promise<Result<Restored, Reason>> {
  const now = await readStored(rooms);
  if (!now.ok) return now;
  const { servers: current } = now.value.stored;
  const shown = storedContent(now.value.stored, rooms.keyed)['servers'] as JsonObject;
  const { servers, grants } = storedIn(version);
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
  return success({ servers: named, gone, grants, putGrants: () => putGrants(rooms, grants, author) });
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

type Given = Restored['grants'][number];

async function putGrants({ grants }: Rooms, wanted: readonly Given[], author: string): Promise<Result<() => Promise<void>, Reason>> {
  const held = await grants.list(TENANT);
  if (!held.ok) return held;
  const has = (all: readonly Given[], one: Given): boolean =>
    all.some(({ principal, tool }) => principal === one.principal && tool === one.tool);
  const undone: (() => Promise<unknown>)[] = [];
  const undo = async (): Promise<void> => {
    for (const step of undone.splice(0).reverse()) await step();
  };
  const add = ({ principal, tool }: Given) =>
    grants.add({ tenant: TENANT, principal: principal as PrincipalId, tool, by: author as PrincipalId });
  for (const one of held.value.filter((grant) => !has(wanted, grant))) {
    const removed = await grants.remove(TENANT, one.id);
    if (!removed.ok) {
      await undo();
      return removed;
    }
    undone.push(() => add(one));
  }
  for (const one of wanted.filter((grant) => !has(held.value, grant))) {
    const added = await add(one);
    if (!added.ok) {
      await undo();
      return added;
    }
    undone.push(() => grants.remove(TENANT, added.value.id));
  }
  return success(undo);
}

/** Writes the file as one, with the mode that it has; the function puts back what stood there. */
function writeBack(path: string, text: string): Result<{ readonly undo: () => void }, Reason> {
  try {
    const before = readFileSync(path);
    const mode = lstatSync(path).mode & 0o777;
    if (lstatSync(path).isSymbolicLink()) return refuse(`${path} is a link, so the file is kept elsewhere: change it there`);
    const put = (content: Uint8Array | string): void => {
      const beside = `${path}.${process.pid}.new`;
      try {
        writeFileSync(beside, content, { mode, flag: 'wx' });
        renameSync(beside, path);
      } finally {
        rmSync(beside, { force: true });
      }
    };
    if (before.toString('utf8') !== text) put(text);
    return success({ undo: () => put(before) });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return refuse(
      `${path} cannot be written (${code}): write the text of this version there yourself (sallyport config show VERSION --file)`,
    );
  }
}
