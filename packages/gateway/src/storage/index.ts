export { secureDirectory } from './data-directory.ts';
export { type Migration, migrate } from './migrate.ts';
export { openStorage, type StorageDeps } from './open-storage.ts';
export type { Storage } from './storage.ts';
export { attempt, StorageError } from './storage-error.ts';
