export type VaultReason =
  | 'vault.key_file_missing'
  | 'vault.key_file_damaged'
  | 'vault.key_file_permissions'
  | 'vault.key_file_unavailable'
  | 'vault.key_unknown'
  | 'vault.envelope_damaged';
