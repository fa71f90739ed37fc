import { sha256Hex } from '../base/bytes.ts';
import { type Result, success } from '../base/result.ts';
import type { Configuration, SnapshotContent } from '../config/index.ts';
import type { Grant } from '../contracts/decision.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { RegistryState } from '../registry/index.ts';
import { revealed } from './configured.ts';
import { type Rooms, TENANT } from './rooms.ts';

type Applied = Promise<Result<Snapshot, Reason>>;

export interface Applier {
  /** Reads what is stored, builds a snapshot of it and puts it in force. */
  (): Applied;
  /** Does something of the kind alone: an older state never overtakes a newer one. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function applier(rooms: Rooms): Applier {
  let last: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => null);
    return mine;
  };
  return Object.assign(() => alone(() => apply(rooms)), { alone });
}

async function apply(rooms: Rooms): Applied {
  const state = await rooms.registry.state(TENANT);
  if (!state.ok) return state;
  const prepared = await prepareSnapshot(rooms, rooms.configured.current(), state.value);
  return prepared.ok ? success(prepared.value()) : prepared;
}

/** Builds the snapshot of a configuration and a state, and keeps what its decisions can be replayed by. The function puts it in force. */
export async function prepareSnapshot(
  rooms: Rooms,
  configuration: Configuration,
  state: RegistryState,
): Promise<Result<() => Snapshot, Reason>> {
  const granted = await rooms.grants.list(TENANT);
  if (!granted.ok) return granted;
  const content: SnapshotContent = {
    tenant: TENANT,
    ...state,
    servers: state.servers.map((server) => revealed(server, configuration)),
    grants: [...granted.value, ...fileGrants(configuration)],
    settings: configuration.settings,
  };
  const prepared = rooms.snapshots.prepare(content);
  if (!prepared.ok) return prepared;
  // No decision by what could not be replayed: where it cannot be kept, the old snapshot stays.
  const kept = await rooms.documents.keep(prepared.value.document);
  return kept.ok ? success(prepared.value.put) : kept;
}

/** Grants of the file hold as long as they stand there, and are stored nowhere else. */
export const fileGrants = ({ file }: Configuration): readonly Grant[] =>
  (file?.grants ?? []).map(({ principal, tool }) => ({ id: `file-${sha256Hex(`${principal}\n${tool}`).slice(0, 16)}`, principal, tool }));
