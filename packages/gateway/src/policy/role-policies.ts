/**
 * The policies that ship, by id (DESIGN section 4, "Roles"). Approver, auditor and admin have no policy here, and that is the point: they
 * permit nothing on tools. No role permits `destructive`. The service role takes away what another role of the same principal would give.
 */
export const SHIPPED_POLICIES: Readonly<Record<string, string>> = {
  'role-reader': `permit (principal in Role::"reader", action in [Action::"discover", Action::"call"], resource)
when { resource.effect == "read" }
unless { principal in Role::"service" };`,
  'role-writer': `permit (principal in Role::"writer", action in [Action::"discover", Action::"call"], resource)
when { resource.effect == "read" || resource.effect == "write" }
unless { principal in Role::"service" };`,
  'tenant-boundary': `forbid (principal, action, resource)
unless { principal.tenant == resource.tenant };`,
  'scope-tool': `forbid (principal, action, resource)
unless { context.inScope };`,
  'scope-method': `forbid (principal, action, resource)
unless { context.methodInScope };`,
};
