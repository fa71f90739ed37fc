export type PolicyReason =
  | 'policy.denied'
  | 'policy.out_of_scope'
  | 'policy.method_out_of_scope'
  | 'policy.invalid'
  | 'policy.fault'
  | 'policy.grant_unknown'
  | 'policy.grant_taken'
  | 'policy.too_many_grants'
  /** A policy would permit other arguments than these. */
  | 'policy.arguments_denied'
  /** An argument that a policy compares cannot be compared as it is written. */
  | 'policy.argument_not_comparable'
  | 'policy.unknown'
  | 'policy.id_taken'
  | 'policy.too_many'
  /** A case of a table that the configuration names would be decided otherwise. */
  | 'policy.tests_failed'
  /** The configuration's file owns it. */
  | 'policy.owned_by_file';
