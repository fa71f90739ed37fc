export { secureDirectory } from './data-directory.ts';
export { type Migration, migrate } from './migrate.ts';
export { openPostgres, type PostgresDeps } from './open-postgres.ts';
export { openStorage, type StorageDeps } from './open-storage.ts';
export type { Connections, Postgres, Querying, Rows, Session, Statement } from './postgres.ts';
export type { Storage } from './storage.ts';
export { attempt, StorageError } from './storage-error.ts';
