import { sha256Hex } from '../base/bytes.ts';
import { canonicalize } from '../base/canonical.ts';
import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Grant, PolicySet } from '../contracts/decision.ts';
import type { ConfigReason } from '../contracts/reasons/config.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Settings } from '../contracts/settings.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Tool } from '../contracts/target.ts';
import { type CompiledPolicies, compilePolicies } from '../policy/index.ts';
import { FrozenMap } from './frozen-map.ts';

/** What a tenant's calls are to be judged by, as it was read from storage. */
export interface SnapshotContent {
  readonly tenant: TenantId;
  readonly servers: readonly Registration[];
  readonly tools: readonly Tool[];
  readonly grants: readonly Grant[];
  readonly settings: Settings;
}

/** A snapshot, and what its decisions can be replayed by. */
export interface Built {
  readonly snapshot: Snapshot;
  readonly document: CompiledPolicies['document'];
}

export function buildSnapshot(content: SnapshotContent, sequence: number): Result<Snapshot, ConfigReason | PolicyReason> {
  const built = buildWithDocument(content, sequence);
  return built.ok ? success(built.value.snapshot) : built;
}

/** Validates the content as a whole and freezes it. On a failure the caller keeps the snapshot that it has. */
export function buildWithDocument(content: SnapshotContent, sequence: number): Result<Built, ConfigReason | PolicyReason> {
  const flaw = flawIn(content);
  if (flaw !== null) return failure('config.invalid', flaw);
  const policy = compilePolicies({ tenant: content.tenant, grants: content.grants, tools: reachable(content) });
  if (!policy.ok) return policy;
  const digest = digestOf(content, policy.value);
  if (digest === null) return failure('config.invalid', 'the content has no canonical form');
  const snapshot: Snapshot = Object.freeze({
    tenant: content.tenant,
    sequence,
    digest,
    servers: new FrozenMap(content.servers.map((server) => [server.id, Object.freeze({ ...server })] as const)),
    tools: new FrozenMap(content.tools.map((tool) => [tool.qualifiedName, tool] as const)),
    policy: policy.value,
    settings: content.settings,
  });
  return success({ snapshot, document: policy.value.document });
}

/** Policies know only tools of servers that are switched on: those of others are denied whatever a guard forgets. */
function reachable({ servers, tools }: SnapshotContent): readonly Tool[] {
  const enabled = new Set(servers.filter((server) => server.enabled).map((server) => server.id));
  return tools.filter((tool) => enabled.has(tool.server));
}

function flawIn({ tenant, servers, tools }: SnapshotContent): string | null {
  const ids = new Set(servers.map((server) => server.id));
  if (ids.size < servers.length) return 'two servers have one id';
  // Objects of another tenant must not enter by a query that forgot to ask for one.
  const foreign = servers.find((server) => server.tenant !== tenant);
  if (foreign !== undefined) return `server ${foreign.id} belongs to another tenant`;
  const orphan = tools.find((tool) => !ids.has(tool.server));
  if (orphan !== undefined) return `tool ${orphan.qualifiedName} has no server`;
  return new Set(tools.map((tool) => tool.qualifiedName)).size < tools.length ? 'two tools have one name' : null;
}

function digestOf({ tenant, servers, tools, settings }: SnapshotContent, policy: PolicySet): string | null {
  const seen = tools.map(({ qualifiedName, effect, effectSet, state, needs, digest }) => ({
    qualifiedName,
    effect,
    effectSet,
    state,
    needs,
    digest,
  }));
  const text = canonicalize({ tenant, servers, tools: seen, policy: policy.version, settings });
  return text.ok ? sha256Hex(text.value) : null;
}
