export type StorageReason =
  | 'storage.data_in_use'
  | 'storage.damaged'
  | 'storage.wrong_key'
  | 'storage.newer_version'
  | 'storage.unavailable'
  | 'storage.conflict'
  | 'storage.permissions';
