export { chain, difference, inForce, version, versionFacts } from './contract/config.ts';
export { errorBody } from './contract/error.ts';
export { explanation } from './contract/explanation.ts';
export { grant, unusedGrant } from './contract/grant.ts';
export { issuedKey, type Key, key, type NewKey } from './contract/key.ts';
export { page } from './contract/page.ts';
export { type Policy, policies, policy } from './contract/policy.ts';
export { digestAnswer, type StoredRecord, storedRecord, type Verification, verification } from './contract/record.ts';
export { type ReplayReport, replayReport } from './contract/replay.ts';
export {
  type CallLimits,
  type NewServer,
  type Server,
  type ServerDetail,
  type ServerLabels,
  server,
  serverDetail,
} from './contract/server.ts';
export { type Status, status } from './contract/status.ts';
export { tenant } from './contract/tenant.ts';
export { type Tool, tool } from './contract/tool.ts';
export type { AdminDoors, Configuring, ProposedConfiguration, TenantKeeping, VersionReader } from './doors.ts';
export type { AdminOpenReason, AdminOptions, RunningAdmin } from './open-admin.ts';
export { type SocketPlace, socketPlace } from './socket-place.ts';

/** Loaded only where it is opened: what speaks to the API needs its contract alone, and starts faster. */
export const openAdmin: typeof import('./open-admin.ts').openAdmin = async (options) =>
  (await import('./open-admin.ts')).openAdmin(options);
