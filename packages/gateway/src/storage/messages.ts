import type { StorageReason } from '../contracts/reasons/storage.ts';

/** SQLite's values. Integers outside the safe range are bigint, in both directions; blobs come back as Uint8Array. */
export type SqlValue = string | number | bigint | null | Uint8Array;

export type Command =
  | { readonly kind: 'query'; readonly sql: string; readonly parameters: readonly SqlValue[]; readonly inTransaction: boolean }
  | { readonly kind: 'begin' }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'close' };

export interface Request {
  readonly id: number;
  readonly command: Command;
}

export interface Answer {
  readonly rows: Record<string, unknown>[];
  readonly changes: number | null;
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly answer: Answer }
  /** `reason` is null where the query itself is wrong. */
  | { readonly id: number; readonly ok: false; readonly reason: StorageReason | null; readonly detail: string };

/** The worker's first message. */
export type Opened = { readonly opened: true } | { readonly opened: false; readonly reason: StorageReason; readonly detail: string };

export interface WorkerInput {
  readonly file: string;
  /** 32 raw bytes; the worker overwrites them. */
  readonly key: Uint8Array;
}
