import type { Verb } from '../verb.ts';
import { acceptConfig } from './accept-config.ts';
import { addGrant } from './add-grant.ts';
import { addPolicies } from './add-policies.ts';
import { approveTool } from './approve-tool.ts';
import { createKey } from './create-key.ts';
import { createTenant } from './create-tenant.ts';
import { createTenantKey } from './create-tenant-key.ts';
import { diffVersions } from './diff-versions.ts';
import { digestValue } from './digest-value.ts';
import { explainDecision } from './explain-decision.ts';
import { followLog } from './follow-log.ts';
import { labelServer } from './label-server.ts';
import { limitServer } from './limit-server.ts';
import { listGrants } from './list-grants.ts';
import { listKeys } from './list-keys.ts';
import { listPolicies } from './list-policies.ts';
import { listServers } from './list-servers.ts';
import { listTenants } from './list-tenants.ts';
import { listVersions } from './list-versions.ts';
import { probeServer } from './probe-server.ts';
import { queryLog } from './query-log.ts';
import { refreshServer } from './refresh-server.ts';
import { registerServer } from './register-server.ts';
import { registerTenantServer } from './register-tenant-server.ts';
import { reloadConfig } from './reload-config.ts';
import { removeGrant } from './remove-grant.ts';
import { removePolicy } from './remove-policy.ts';
import { removeServer } from './remove-server.ts';
import { replayPolicies } from './replay-policies.ts';
import { reportGrants } from './report-grants.ts';
import { revertConfig } from './revert-config.ts';
import { revokeKey } from './revoke-key.ts';
import { rotateKey } from './rotate-key.ts';
import { showContract } from './show-contract.ts';
import { showMetrics } from './show-metrics.ts';
import { showPolicy } from './show-policy.ts';
import { showRecord } from './show-record.ts';
import { showServer } from './show-server.ts';
import { showStatus } from './show-status.ts';
import { showVersion } from './show-version.ts';
import { verifyLog } from './verify-log.ts';
import { verifyVersions } from './verify-versions.ts';

/** Every verb of the API. Literal paths stand before those with parameters only for the reader: the router prefers them anyway. */
export const VERBS: readonly Verb[] = [
  createKey,
  listKeys,
  revokeKey,
  rotateKey,
  registerServer,
  probeServer,
  listServers,
  showServer,
  approveTool,
  refreshServer,
  limitServer,
  labelServer,
  removeServer,
  addGrant,
  listGrants,
  reportGrants,
  removeGrant,
  addPolicies,
  listPolicies,
  showPolicy,
  explainDecision,
  replayPolicies,
  removePolicy,
  queryLog,
  followLog,
  verifyLog,
  digestValue,
  showRecord,
  listVersions,
  showVersion,
  diffVersions,
  verifyVersions,
  reloadConfig,
  revertConfig,
  acceptConfig,
  createTenant,
  listTenants,
  createTenantKey,
  registerTenantServer,
  showStatus,
  showContract,
  showMetrics,
];
