export type AuditReason =
  | 'audit.journal_unavailable'
  | 'audit.journal_poisoned'
  | 'audit.journal_damaged'
  | 'audit.record_too_large'
  | 'audit.backlog_full'
  | 'audit.record_unknown';
