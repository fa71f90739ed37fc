import { type Result, success } from '../base/result.ts';
import { type Configuration, type Mistake, type Mistakes, serverMistake } from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { ServerStatus } from '../contracts/running.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import { prepareSnapshot } from './apply.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface Reconciled {
  readonly snapshot: Snapshot;
  /** Servers of the file that could not be asked what they offer. Nothing of them is known, so nobody calls them. */
  readonly missing: readonly ServerStatus[];
}

/**
 * Makes servers, grants and settings what a configuration says: asked and judged as a whole first, then written and put in force at once.
 * @param strict true: a server that cannot be asked is a mistake, and nothing is changed. False, at a start: the others do not wait for it.
 */
export async function reconcile(
  rooms: Rooms,
  next: Configuration,
  { gone, strict }: { readonly gone: readonly string[]; readonly strict: boolean },
): Promise<Result<Reconciled, Reason> | Mistakes> {
  const plan = await rooms.registry.plan(TENANT, next.servers);
  if (!plan.ok) return plan;
  const { planned, failed } = plan.value;
  if (strict && failed.length > 0) return mistakes(failed.map((one) => serverMistake(next, one)));
  let put: (() => Snapshot) | null = null;
  const written = await rooms.registry.reconcile<Reason>(TENANT, {
    planned,
    gone,
    decide: async (state) => {
      const prepared = await prepareSnapshot(rooms, next, state);
      if (!prepared.ok) return prepared;
      put = prepared.value;
      return success(null);
    },
  });
  if (!written.ok) return written.reason === 'registry.server_invalid' ? mistakes([serverMistake(next, { ...written, id: '' })]) : written;
  rooms.configured.put(next);
  rooms.identity.forgetVerdicts();
  const snapshot = (put as (() => Snapshot) | null)?.() ?? rooms.snapshots.current(TENANT);
  return success({ snapshot, missing: failed.map(({ id, reason, detail }) => missingServer(next, id, `${detail} (${reason})`)) });
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
    note: `not registered: ${why}; it is tried again every half minute`,
  };
}
