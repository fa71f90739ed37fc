export type StorageReason =
  | 'storage.data_in_use'
  | 'storage.damaged'
  | 'storage.wrong_key'
  | 'storage.newer_version'
  | 'storage.unavailable'
  /** The URL of PostgreSQL is not understood, or would send everything in the clear. */
  | 'storage.connection_invalid'
  /** PostgreSQL is set up to lose what it acknowledged. */
  | 'storage.not_durable'
  | 'storage.conflict'
  | 'storage.permissions';
