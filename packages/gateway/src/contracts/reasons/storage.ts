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
  /** The state was put back whole from an older copy. */
  | 'storage.rolled_back'
  /** A text that holds NUL, which PostgreSQL does not store. */
  | 'storage.value_invalid'
  | 'storage.conflict'
  | 'storage.permissions';
