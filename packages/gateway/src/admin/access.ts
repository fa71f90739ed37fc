import type { Role } from '../contracts/principal.ts';

/**
 * DESIGN section 4, "Roles", for this listener: admin does everything, an auditor reads the log, the configuration and reports, nobody else
 * does anything. A route without a row here does not compile, and one whose row is missing at run time does not start.
 */
export const ACCESS = {
  'keys.create': ['admin'],
  'keys.list': ['admin', 'auditor'],
  'keys.revoke': ['admin'],
  'keys.rotate': ['admin'],
  'servers.register': ['admin'],
  'servers.probe': ['admin'],
  'servers.list': ['admin', 'auditor'],
  'servers.show': ['admin', 'auditor'],
  'servers.approve': ['admin'],
  'servers.refresh': ['admin'],
  'servers.limit': ['admin'],
  'servers.label': ['admin'],
  'servers.remove': ['admin'],
  'grants.add': ['admin'],
  'grants.list': ['admin', 'auditor'],
  'grants.report': ['admin', 'auditor'],
  'grants.remove': ['admin'],
  'policies.add': ['admin'],
  'policies.list': ['admin', 'auditor'],
  'policies.show': ['admin', 'auditor'],
  'policies.explain': ['admin', 'auditor'],
  'policies.replay': ['admin', 'auditor'],
  'policies.remove': ['admin'],
  'log.query': ['admin', 'auditor'],
  'log.show': ['admin', 'auditor'],
  'log.follow': ['admin', 'auditor'],
  'log.verify': ['admin', 'auditor'],
  'log.digest': ['admin', 'auditor'],
  'config.history': ['admin', 'auditor'],
  'config.show': ['admin', 'auditor'],
  'config.diff': ['admin', 'auditor'],
  'config.verify': ['admin', 'auditor'],
  'config.reload': ['admin'],
  'config.revert': ['admin'],
  'config.accept': ['admin'],
  'status.show': ['admin', 'auditor'],
  'contract.show': ['admin', 'auditor'],
  'metrics.show': ['admin', 'auditor', 'monitor'],
  'tenants.create': ['admin'],
  'tenants.list': ['admin', 'auditor'],
  'tenants.key': ['admin'],
  'tenants.register': ['admin'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type VerbName = keyof typeof ACCESS;

/** A service account administers nothing and reads no log, whatever other role a key of it holds (R1-16); it may read the metrics as `monitor`. */
export const mayUse = (roles: readonly Role[], verb: VerbName): boolean => {
  const allowed: readonly Role[] = ACCESS[verb];
  const held = roles.includes('service') ? roles.filter((role) => role === 'monitor') : roles;
  return held.some((role) => allowed.includes(role));
};

/**
 * What concerns the gateway itself: its file, its figures, which programs it starts as its user, its tenants. For admins and auditors of the default
 * tenant only, whose operator runs it.
 */
const OPERATOR: ReadonlySet<VerbName> = new Set([
  'servers.register',
  'servers.probe',
  'config.reload',
  'config.revert',
  'config.accept',
  'status.show',
  'metrics.show',
  'tenants.create',
  'tenants.list',
  'tenants.key',
  'tenants.register',
]);

export const isOperatorsOnly = (verb: VerbName): boolean => OPERATOR.has(verb);
