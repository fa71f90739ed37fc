import type { KeyId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import {
  type Authorship,
  type Configuration,
  type Mistake,
  type Mistakes,
  type NamedServer,
  serverMistake,
  serversOwned,
  type Version,
} from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { ServerStatus } from '../contracts/running.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { AccountChange } from '../identity/index.ts';
import type { AlsoWrite } from '../registry/index.ts';
import { prepareSnapshot } from './apply.ts';
import { recordedAccounts } from './file-accounts.ts';
import { checkStanding, type Decisive, nextVersion, readDecisive, type Standing } from './history.ts';
import { failedCases } from './policy-gate.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface Reconciled {
  readonly snapshot: Snapshot;
  /** Servers of the file that could not be asked what they offer. Nothing of them is known, so nobody calls them. */
  readonly missing: readonly ServerStatus[];
  /** Keys that reach something else now, or nothing: what they have open ends. */
  readonly changedKeys: readonly KeyId[];
}

export interface Manner {
  readonly by: Authorship;
  /** True: a server that cannot be asked is a mistake, and nothing is changed. False, at a start: the others do not wait for it. */
  readonly strict: boolean;
  /** True: what somebody changed in the database is taken as it is. */
  readonly acceptOutside?: boolean;
  /** What storage is to hold besides, instead of what it holds. */
  readonly restored?: Restored | null;
}

/** What of a version is to be stored again: with the version that says so, in one transaction. */
export interface Restored extends Decisive {
  readonly servers: readonly NamedServer[];
  /** Servers that the version did not have. */
  readonly gone: readonly string[];
}

/**
 * Makes servers, grants and settings what a configuration says: asked and judged as a whole first, then written and put in force at once.
 */
export async function reconcile(
  rooms: Rooms,
  next: Configuration,
  { by, strict, acceptOutside = false, restored = null }: Manner,
): Promise<Result<Reconciled, Reason> | Mistakes> {
  const standing = acceptOutside ? await standingAsItIs(rooms) : await checkStanding(rooms);
  if (!standing.ok) return standing;
  const gone = [...goneFrom(standing.value.newest, next), ...(restored?.gone ?? [])].filter(
    (id) => !restored?.servers.some((one) => one.id === id),
  );
  const plan = await rooms.registry.plan(TENANT, [...next.servers, ...(restored?.servers ?? [])]);
  if (!plan.ok) return plan;
  const { planned, failed } = plan.value;
  if (strict && failed.length > 0) return mistakes(failed.map((one) => serverMistake(next, one)));
  let put: (() => Snapshot) | null = null;
  let inForce: Version | null = null;
  let wrong: readonly Mistake[] = [];
  let accounts: readonly AccountChange[] = [];
  const written = await rooms.registry.reconcile<Reason>(TENANT, {
    planned,
    gone,
    decide: async (state) => {
      const decisive = restored === null ? await readDecisive(rooms) : success(restored);
      if (!decisive.ok) return decisive;
      const { grants, policies } = decisive.value;
      const stored = { ...state, grants, policies };
      wrong = await failedCases(next, stored, (server) => failed.some(({ id }) => id === server));
      if (wrong.length > 0) return failure('policy.tests_failed');
      const prepared = await prepareSnapshot(rooms, next, stored);
      if (!prepared.ok) return prepared;
      put = prepared.value;
      const version = await nextVersion(rooms, standing.value, { configuration: next, stored }, by);
      if (!version.ok) return version;
      const { value } = version;
      inForce = value ?? standing.value.newest;
      const changed = await recordedAccounts(rooms, next);
      if (!changed.ok) return changed;
      accounts = changed.value;
      return success(value === null && accounts.length === 0 ? null : writing(rooms, { version: value, restored, accounts }));
    },
  });
  if (wrong.length > 0) return mistakes(wrong);
  if (!written.ok) return written.reason === 'registry.server_invalid' ? mistakes([serverMistake(next, { ...written, id: '' })]) : written;
  rooms.configured.put(next);
  rooms.told.version = inForce;
  rooms.identity.forgetVerdicts();
  const forgotten = await rooms.versions.forget(TENANT, standing.value.notes);
  if (!forgotten.ok) return forgotten;
  const snapshot = (put as (() => Snapshot) | null)?.() ?? rooms.snapshots.current(TENANT);
  return success({
    snapshot,
    changedKeys: accounts.map(({ key }) => key.id),
    missing: failed.map(({ id, reason, detail }) => missingServer(next, id, `${detail} (${reason})`)),
  });
}

interface Writing {
  readonly version: Version | null;
  readonly restored: Restored | null;
  readonly accounts: readonly AccountChange[];
}

const writing =
  (rooms: Rooms, { version, restored, accounts }: Writing): AlsoWrite =>
  async (transaction) => {
    await rooms.identity.putAccountsWithin(transaction, accounts);
    if (restored !== null) {
      await rooms.grants.putWithin(transaction, TENANT, restored.grants);
      await rooms.policies.putWithin(transaction, TENANT, restored.policies);
    }
    if (version !== null) await rooms.versions.addWithin(transaction, TENANT, version);
  };

async function standingAsItIs(rooms: Rooms): Promise<Result<Standing, Reason>> {
  const newest = await rooms.versions.newest(TENANT);
  return newest.ok ? success({ newest: newest.value, notes: [] }) : newest;
}

/** Servers that the newest version's file named and this one does not: what the file owns ends with its line. */
function goneFrom(newest: Version | null, { servers }: Configuration): readonly string[] {
  const owned = newest === null ? [] : serversOwned(newest);
  return owned.filter((id) => !servers.some((server) => server.id === id));
}

const mistakes = (all: readonly Mistake[]): Mistakes => ({ ok: false, reason: 'config.invalid', mistakes: all });

function missingServer({ servers }: Configuration, id: string, why: string): ServerStatus {
  const named = servers.find((one) => one.id === id);
  return {
    id,
    transport: named?.transport.kind ?? 'stdio',
    sharing: 'session',
    state: 'failed',
    tools: 0,
    pending: 0,
    unreachable: 0,
    failuresLastHour: 0,
    circuit: 'closed',
    note: `not registered: ${why}; it is tried again every half minute`,
  };
}
