import { sql } from 'kysely';
import type { PrincipalId, TenantId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../../storage/index.ts';

/** A task of the stateless era. */
export interface StoredTask {
  /** SHA-256 of its id, hex: who reads the table can ask for none. */
  readonly id: string;
  readonly principal: PrincipalId;
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
  /** What it was begun with, sealed, in base64url. */
  readonly begun: string;
}

/** How many may be under way at once. */
export interface TaskBounds {
  readonly perPrincipal: number;
  readonly all: number;
}

/** Sealed, both of them, in base64url; `asked` null where its server asked for nothing yet. */
export interface FoundTask {
  readonly begun: string;
  readonly asked: string | null;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface TaskStore {
  /** False where there are too many. */
  add(tenant: TenantId, task: StoredTask, now: number, bounds: TaskBounds): Stored<boolean>;
  /** Null for an id that is unknown, over, or another principal's. */
  find(tenant: TenantId, task: Pick<StoredTask, 'id' | 'principal'>, now: number): Stored<FoundTask | null>;
  /** Keeps what its server asked for last. */
  ask(tenant: TenantId, task: Pick<StoredTask, 'id' | 'principal'>, asked: string): Stored<null>;
  forget(now: number): Stored<null>;
}

export function openTaskStore(storage: Storage): TaskStore {
  const queries = storage.queries<unknown>();
  return {
    add: (tenant, { id, principal, expiresAt, begun }, now, { perPrincipal, all }) =>
      attempt(async () => {
        const live = sql`select count(*) from gateway_task where tenant = ${tenant} and expires_at > ${now}`;
        const { rows } = await sql`insert into gateway_task (tenant, id, principal, expires_at, begun)
          select ${tenant}, ${id}, ${principal}, ${expiresAt}, ${begun}
          where (${live} and principal = ${principal}) < ${perPrincipal} and (${live}) < ${all} returning id`.execute(queries);
        return rows.length === 1;
      }),
    find: (tenant, { id, principal }, now) =>
      attempt(async () => {
        const { rows } = await sql<FoundTask>`select begun, asked from gateway_task
          where tenant = ${tenant} and id = ${id} and principal = ${principal} and expires_at > ${now}`.execute(queries);
        return rows[0] ?? null;
      }),
    ask: (tenant, { id, principal }, asked) =>
      attempt(async () => {
        await sql`update gateway_task set asked = ${asked}
          where tenant = ${tenant} and id = ${id} and principal = ${principal}`.execute(queries);
        return null;
      }),
    forget: (now) =>
      attempt(async () => {
        await sql`delete from gateway_task where expires_at <= ${now}`.execute(queries);
        return null;
      }),
  };
}
