export type PolicyReason =
  | 'policy.denied'
  | 'policy.out_of_scope'
  | 'policy.method_out_of_scope'
  | 'policy.invalid'
  | 'policy.fault'
  | 'policy.grant_unknown'
  | 'policy.grant_taken'
  | 'policy.too_many_grants';
