export type IdentityReason =
  | 'identity.credential_missing'
  | 'identity.credential_in_url'
  | 'identity.credential_malformed'
  | 'identity.credential_unknown'
  | 'identity.credential_revoked'
  | 'identity.credential_expired'
  | 'identity.address_not_allowed'
  | 'identity.scope_too_broad'
  | 'identity.expiry_too_late'
  | 'identity.name_taken'
  | 'identity.key_unknown'
  | 'identity.invalid_request'
  | 'identity.role_required'
  /** Nobody answers for the service account any more. */
  | 'identity.owner_missing'
  | 'identity.kept_key_damaged'
  | 'identity.kept_key_permissions'
  | 'identity.unavailable';
