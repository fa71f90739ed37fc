import type { StorageReason } from '../contracts/reasons/storage.ts';

// Result codes: https://www.sqlite.org/rescode.html. The first row whose prefix fits decides; what fits none is a bug in a query.
const REASONS: readonly (readonly [prefix: string, reason: StorageReason])[] = [
  ['SQLITE_CONSTRAINT', 'storage.conflict'],
  ['SQLITE_CORRUPT', 'storage.damaged'],
  ['SQLITE_NOTADB', 'storage.damaged'],
  ['SQLITE_BUSY', 'storage.data_in_use'],
  ['SQLITE_LOCKED', 'storage.data_in_use'],
  ['SQLITE_PERM', 'storage.permissions'],
  ['SQLITE_READONLY', 'storage.permissions'],
  ['SQLITE_FULL', 'storage.unavailable'],
  ['SQLITE_IOERR', 'storage.unavailable'],
  ['SQLITE_CANTOPEN', 'storage.unavailable'],
  ['SQLITE_NOMEM', 'storage.unavailable'],
  ['SQLITE_TOOBIG', 'storage.unavailable'],
];

/** The reason for an error of SQLite, or null where it is none of the expected ones. */
export function reasonOf(error: unknown): StorageReason | null {
  const code = codeOf(error);
  return REASONS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? null;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
