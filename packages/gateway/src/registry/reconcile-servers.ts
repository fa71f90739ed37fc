import type { TenantId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Refusal, VerbDeps } from './deps.ts';
import { keyOfPin, type Pin } from './pin.ts';
import { pinsOf } from './pins-of-offer.ts';
import { isReachedAlike, type Planned } from './plan-servers.ts';
import type { RegistryState } from './state.ts';
import type { AlsoWrite } from './store.ts';

export interface Reconciliation<R extends string> {
  readonly planned: readonly Planned[];
  /** Ids that the file named before and names no more. */
  readonly gone: readonly string[];
  /** Judges what would be, before anything is written. What it gives is written with it, as one. */
  readonly decide: (state: RegistryState) => Promise<Result<AlsoWrite | null, R>>;
}

interface Entry {
  readonly registration: Registration;
  readonly pins: readonly Pin[];
}

/** Makes the servers that a file names what it says, all of them or none: judged as a whole first, then written in one transaction. */
export async function reconcileServers<R extends string>(
  deps: VerbDeps,
  build: (stored: { readonly servers: readonly Registration[]; readonly pins: readonly Pin[] }) => RegistryState,
  tenant: TenantId,
  { planned, gone, decide }: Reconciliation<R>,
): Promise<Result<null, R | Refusal['reason'] | StorageReason>> {
  const stored = await deps.store.everything(tenant);
  if (!stored.ok) return stored;
  const before = new Map<string, Entry>(
    stored.value.servers.map((registration) => [
      registration.id,
      { registration, pins: stored.value.pins.filter((pin) => pin.server === registration.id) },
    ]),
  );
  const after = new Map(before);
  for (const id of gone) after.delete(id);
  for (const plan of planned) {
    const entry = entryOf(plan, before.get(plan.registration.id));
    if (!entry.ok) return entry;
    after.set(plan.registration.id, entry.value);
  }
  if (after.size > LIMITS.servers) return failure('registry.too_many_servers', `at most ${LIMITS.servers}`);
  const entries = [...after.values()].sort((a, b) => (a.registration.id < b.registration.id ? -1 : 1));
  const decided = await decide(build({ servers: entries.map((one) => one.registration), pins: entries.flatMap(({ pins }) => pins) }));
  if (!decided.ok) return decided;
  const puts = planned.flatMap(({ registration: { id } }) => {
    const entry = after.get(id);
    return entry === undefined || JSON.stringify(entry) === JSON.stringify(before.get(id)) ? [] : [entry];
  });
  const removals = gone.filter((id) => before.has(id));
  if (puts.length === 0 && removals.length === 0 && decided.value === null) return success(null);
  const written = await deps.store.change(tenant, { puts, removals, also: decided.value }, deps.clock.now());
  return written.ok ? success(null) : written;
}

function entryOf(planned: Planned, before: Entry | undefined): Result<Entry, Refusal['reason']> {
  const { registration, effectOf, offer } = planned;
  if (offer !== null) {
    const pins = pinsOf(registration, offer, effectOf);
    return strayIn(planned, pins) ?? success({ registration, pins });
  }
  if (before === undefined || !isReachedAlike(before.registration, registration))
    return failure('storage.conflict', `${registration.id} was changed while the file was read`);
  const pins = before.pins.map((pin) => ({ ...pin, effect: effectOf(pin.kind, pin.name) }));
  return strayIn(planned, pins) ?? success({ registration, pins });
}

// A misspelt name would leave the tool that was meant destructive, which is safe, and its operator puzzled.
function strayIn({ named, registration }: Planned, pins: readonly Pin[]): Refusal | null {
  const offered = new Set(pins.map(keyOfPin));
  const stray = named.find((pin) => !offered.has(keyOfPin(pin)));
  if (stray === undefined) return null;
  return failure(
    'registry.server_invalid',
    `servers.${registration.id}.${stray.in}.${stray.name.slice(0, 128)}: the server offers no such ${stray.kind}`,
  );
}
