import type { KeyId, TenantId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { DAY_MS } from './api-key.ts';
import { type ListedKey, listKeys } from './list-keys.ts';
import type { Room } from './room.ts';

/** Days before the end at which the holder is warned (R2-008). */
const WARNINGS = [1, 3, 7] as const;
export type WarningDays = (typeof WARNINGS)[number];

export interface KeyAge {
  readonly key: ListedKey;
  /** Whole days since it was made. */
  readonly ageDays: number;
  /** Milliseconds until it stops working. */
  readonly remainingMs: number;
  /** The nearest limit that has been reached; null with more than seven days left. */
  readonly warning: WarningDays | null;
}

/** The age of every key that works, the one that ends first at the top. */
export async function reportAges(room: Room, tenant: TenantId): Promise<Result<readonly KeyAge[], StorageReason>> {
  const keys = await listKeys(room, tenant);
  if (!keys.ok) return keys;
  const now = room.clock.now();
  const working = keys.value.filter(({ state }) => state === 'live' || state === 'replaced');
  return success(working.map((key) => ageOf(key, now)).sort((a, b) => a.remainingMs - b.remainingMs));
}

/** Tells somebody; false where that failed, and the warning stays due. */
export type Tell = (age: KeyAge) => Promise<boolean>;

/**
 * Warnings that are due and were not taken before, and are marked as taken once they were told: each is given once, and after a crash in
 * between once more rather than never. A replaced key needs none.
 */
export async function takeWarnings(
  room: Room,
  tenant: TenantId,
  tell: Tell = async () => true,
): Promise<Result<readonly KeyAge[], StorageReason>> {
  const ages = await reportAges(room, tenant);
  if (!ages.ok) return ages;
  const due = ages.value.filter(
    ({ key, warning }) => warning !== null && key.state === 'live' && warning < (key.warnedDays ?? Number.POSITIVE_INFINITY),
  );
  const told: KeyAge[] = [];
  for (const age of due) if (await tell(age)) told.push(age);
  const marks = new Map<KeyId, number>(told.map(({ key, warning }) => [key.id, warning ?? 0]));
  const marked = await room.store.markWarned(marks);
  return marked.ok ? success(told) : marked;
}

function ageOf(key: ListedKey, now: number): KeyAge {
  const remainingMs = key.endsAt - now;
  const warning = WARNINGS.find((days) => remainingMs <= days * DAY_MS) ?? null;
  return { key, ageDays: Math.floor((now - key.createdAt) / DAY_MS), remainingMs, warning };
}
