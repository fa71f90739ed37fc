/** The administration listener's own reasons. They are answered by admin/answers.ts and never reach an MCP client. */
export type AdminReason =
  | 'admin.request_invalid'
  | 'admin.route_unknown'
  | 'admin.too_many_attempts'
  | 'admin.too_many_streams'
  | 'admin.body_not_allowed'
  /** The key's scopes do not reach what was asked for. */
  | 'admin.scope_too_narrow'
  /** The key has a list of MCP methods, so it is not for administration. */
  | 'admin.key_for_methods'
  /** It concerns the gateway itself, and who asks belongs to one of its tenants. */
  | 'admin.operator_only'
  | 'admin.tenant_unknown'
  | 'admin.fault';
