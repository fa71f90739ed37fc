import pg from 'pg';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type Aftermath, StorageError } from './storage-error.ts';

interface Row {
  readonly reason: StorageReason;
  readonly aftermath?: Aftermath;
}

const AWAY: Row = { reason: 'storage.unavailable' };
/** The server ended the connection: it may have done so after it committed. */
const CUT: Row = { reason: 'storage.unavailable', aftermath: { uncertain: true } };
const RACED: Row = { reason: 'storage.unavailable', aftermath: { again: true } };

// SQLSTATE: https://www.postgresql.org/docs/18/errcodes-appendix.html. The first row whose prefix fits decides; what fits none is a bug in a query.
const ROWS: readonly (readonly [prefix: string, row: Row])[] = [
  ['22021', { reason: 'storage.value_invalid' }], // NUL, or bytes that are no text
  ['22P05', { reason: 'storage.value_invalid' }],
  ['23', { reason: 'storage.conflict' }],
  ['40001', RACED],
  ['40P01', RACED],
  ['40003', CUT],
  ['08', CUT],
  ['57P', CUT],
  ['57014', AWAY], // statement_timeout
  ['55P03', AWAY], // lock_timeout
  ['53', AWAY], // disk full, out of memory, too many connections
  ['58', AWAY], // the server's disk failed
  ['25006', AWAY], // a standby takes no writes
  ['25P0', AWAY], // idle in a transaction for too long
  ['3D000', AWAY], // no such database
  ['28', { reason: 'storage.permissions' }],
  ['42501', { reason: 'storage.permissions' }],
  ['XX001', { reason: 'storage.damaged' }],
  ['XX002', { reason: 'storage.damaged' }],
];

/** What an error of the driver stands for. Errors that are none of the expected ones come back as they are. */
export function postgresError(error: unknown): Error {
  if (error instanceof StorageError) return error;
  if (!(error instanceof pg.DatabaseError)) {
    const detail = error instanceof Error ? error.message : String(error);
    return new StorageError('storage.unavailable', `PostgreSQL: ${detail}`, { uncertain: true });
  }
  const row = ROWS.find(([prefix]) => error.code?.startsWith(prefix))?.[1];
  if (row === undefined) return error;
  return new StorageError(row.reason, `PostgreSQL: ${error.message} (${error.code})`, row.aftermath);
}
