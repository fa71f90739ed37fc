import { sql } from 'kysely';
import type { ExchangeId, PrincipalId, TenantId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { Hold } from '../../contracts/verdict.ts';
import { attempt, type Storage } from '../../storage/index.ts';

/** A held exchange as data: what the one that resumes it has to match. The message itself is sent again by the client. */
export interface StoredHold {
  /** SHA-256 of the handle, hex: who reads the table can present none. */
  readonly handle: string;
  readonly principal: PrincipalId;
  /** SHA-256 over target, pin and arguments, hex. */
  readonly bound: string;
  readonly kind: Hold['kind'];
  readonly parent: ExchangeId;
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
}

/** How many may be held at once. */
export interface HoldBounds {
  readonly perPrincipal: number;
  readonly all: number;
}

export type Resumable = Pick<StoredHold, 'kind' | 'parent'>;
type Stored<T> = Promise<Result<T, StorageReason>>;

export interface HoldStore {
  /** False where there are too many. */
  add(tenant: TenantId, hold: StoredHold, now: number, bounds: HoldBounds): Stored<boolean>;
  /** Takes it away and gives it, once over all gateways; null where no such one is held, and then nothing is taken. */
  take(tenant: TenantId, hold: Pick<StoredHold, 'handle' | 'principal' | 'bound'>, now: number): Stored<Resumable | null>;
  forget(now: number): Stored<null>;
}

export function openHoldStore(storage: Storage): HoldStore {
  const queries = storage.queries<unknown>();
  return {
    add: (tenant, { handle, principal, bound, kind, parent, expiresAt }, now, { perPrincipal, all }) =>
      attempt(async () => {
        const live = sql`select count(*) from gateway_hold where tenant = ${tenant} and expires_at > ${now}`;
        const { rows } = await sql`insert into gateway_hold (tenant, handle, principal, bound, kind, parent, expires_at)
          select ${tenant}, ${handle}, ${principal}, ${bound}, ${kind}, ${parent}, ${expiresAt}
          where (${live} and principal = ${principal}) < ${perPrincipal} and (${live}) < ${all} returning handle`.execute(queries);
        return rows.length === 1;
      }),
    take: (tenant, { handle, principal, bound }, now) =>
      attempt(async () => {
        const { rows } = await sql<Resumable>`delete from gateway_hold where tenant = ${tenant} and handle = ${handle}
          and principal = ${principal} and bound = ${bound} and expires_at > ${now} returning kind, parent`.execute(queries);
        return rows[0] ?? null;
      }),
    forget: (now) =>
      attempt(async () => {
        await sql`delete from gateway_hold where expires_at <= ${now}`.execute(queries);
        return null;
      }),
  };
}
