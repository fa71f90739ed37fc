export type AuditReason =
  | 'audit.journal_unavailable'
  | 'audit.journal_poisoned'
  | 'audit.journal_damaged'
  | 'audit.record_too_large'
  /** A record that has no canonical form, or that names another tenant than its log. */
  | 'audit.record_malformed'
  | 'audit.backlog_full'
  | 'audit.record_unknown'
  /** No log of this name, or a name that cannot be one. */
  | 'audit.log_unknown'
  /** The outcome of an intent that no outcome followed before the journal ended: recovery closed it. */
  | 'audit.outcome_unknown';
