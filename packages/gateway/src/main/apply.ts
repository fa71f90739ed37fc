import { type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** Reads what is stored, builds a snapshot of it and puts it in force; one at a time, so that an older state never overtakes a newer one. */
export function applier(rooms: Rooms): () => Promise<Result<Snapshot, Reason>> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const mine = last.then(() => apply(rooms));
    last = mine.catch(() => null);
    return mine;
  };
}

async function apply({ registry, grants, documents, snapshots, settings }: Rooms): Promise<Result<Snapshot, Reason>> {
  const state = await registry.state(TENANT);
  if (!state.ok) return state;
  const granted = await grants.list(TENANT);
  if (!granted.ok) return granted;
  const prepared = snapshots.prepare({
    tenant: TENANT,
    ...state.value,
    grants: granted.value,
    settings,
  });
  if (!prepared.ok) return prepared;
  // No decision by what could not be replayed: where it cannot be kept, the old snapshot stays.
  const kept = await documents.keep(prepared.value.document);
  return kept.ok ? success(prepared.value.put()) : kept;
}
