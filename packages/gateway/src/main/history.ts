import type { TenantId } from '../base/ids.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import {
  type Authorship,
  type Change,
  type Configuration,
  contentOf,
  differences,
  type Note,
  type StoredState,
  storedContentAs,
  type Version,
} from '../config/index.ts';
import type { JsonValue } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { StoredGrant, StoredPolicy } from '../policy/index.ts';
import type { RegistryState } from '../registry/index.ts';
import { recordFor } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** Everything that is stored and decides. */
export interface Stored extends RegistryState, Decisive {}

/** The part of it that this room's peers keep besides servers. */
export interface Decisive {
  readonly grants: readonly StoredGrant[];
  readonly policies: readonly StoredPolicy[];
}

/** As it stands now. */
export async function readStored(rooms: Rooms, tenant: TenantId = TENANT): Promise<Result<Stored, Reason>> {
  const state = await rooms.registry.state(tenant);
  if (!state.ok) return state;
  const decisive = await readDecisive(rooms, tenant);
  return decisive.ok ? success({ ...state.value, ...decisive.value }) : decisive;
}

export async function readDecisive({ grants, policies }: Rooms, tenant: TenantId = TENANT): Promise<Result<Decisive, Reason>> {
  const granted = await grants.list(tenant);
  if (!granted.ok) return granted;
  const own = await policies.list(tenant);
  return own.ok ? success({ grants: granted.value, policies: own.value }) : own;
}

const AGAIN_MS = 250;
const TRIES = 4;

export interface Standing {
  readonly newest: Version | null;
  /** Notes of changes that were over before the state was read: the next version covers them. */
  readonly notes: readonly string[];
}

/**
 * Compares what is stored with the newest version. `config.changed_outside`, recorded with the difference: somebody wrote into the database.
 * Another gateway on it may be between its change and its version, so the verdict waits a second.
 */
export async function checkStanding(
  rooms: Rooms,
  tenant: TenantId = TENANT,
  read = () => readStored(rooms, tenant),
): Promise<Result<Standing, Reason>> {
  for (let attempt = 1; ; attempt++) {
    const notes = await rooms.versions.touched(tenant);
    if (!notes.ok) return notes;
    const current = await read();
    if (!current.ok) return current;
    const newest = await rooms.versions.newest(tenant);
    if (!newest.ok) return newest;
    const foreign =
      newest.value === null ? [] : foreignChanges(newest.value, storedContentAs(newest.value, current.value, rooms.keyed), notes.value);
    if (foreign.length === 0) return success({ newest: newest.value, notes: endedOf(notes.value) });
    if (attempt >= TRIES) return changedOutside(rooms, tenant, foreign);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

export const endedOf = (notes: readonly Note[]): readonly string[] => notes.filter(({ ended }) => ended).map(({ id }) => id);

function foreignChanges({ content }: Version, stored: JsonValue, notes: readonly { readonly name: string }[]): readonly Change[] {
  const covered = (key: string): boolean => notes.some(({ name }) => key === name || key.startsWith(`${name}.`));
  return differences(content['stored'] ?? {}, stored).filter(({ key }) => !covered(key));
}

async function changedOutside(rooms: Rooms, tenant: TenantId, foreign: readonly Change[]): Promise<Failure<Reason>> {
  const keys = foreign
    .map(({ key }) => key)
    .join(', ')
    .slice(0, 500);
  if (rooms.told.outside.get(tenant) !== keys) {
    rooms.told.outside.set(tenant, keys);
    rooms.log.warn('config.changed_outside', { tenant, keys });
    const details = { by: 'unknown', changes: foreign.slice(0, 50).map((change) => ({ ...change })) };
    const recorded = await recordFor(tenant, rooms, 'config.changed_outside', null, details);
    if (!recorded.ok) return recorded;
  }
  return failure('config.changed_outside', keys);
}

/** The version that follows, recorded before it is stored; null where nothing differs. */
export async function nextVersion(
  rooms: Rooms,
  { newest }: Standing,
  next: { readonly configuration: Configuration; readonly stored: StoredState },
  by: Authorship,
  tenant: TenantId = TENANT,
): Promise<Result<Version | null, Reason>> {
  const draft = rooms.versions.draft(newest, contentOf(next.configuration, next.stored, rooms.keyed), by);
  if (draft === null) return success(null);
  const changes = draft.changes.slice(0, 50).map(({ key, before, after }) => ({ key, before: short(before), after: short(after) }));
  const { sequence, parent, author, cause } = draft;
  const details = { sequence, parent, author, cause, changes };
  const recorded = await recordFor(tenant, rooms, 'config.version.applied', draft.hash, details);
  return recorded.ok ? success(draft) : recorded;
}

/** A record has a bound; the version itself has everything. */
function short(value: JsonValue): JsonValue {
  const text = JSON.stringify(value);
  return text.length <= 400 ? value : `${text.slice(0, 400)}…`;
}
