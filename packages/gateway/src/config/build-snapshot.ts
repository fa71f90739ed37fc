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
import type { Pin, Prompt, ResourceTemplate, Tool } from '../contracts/target.ts';
import { type CompiledPolicies, compilePolicies, type OwnPolicy } from '../policy/index.ts';
import { FrozenMap } from './frozen-map.ts';

/** What a tenant's calls are to be judged by, as it was read from storage. */
export interface SnapshotContent {
  readonly tenant: TenantId;
  readonly servers: readonly Registration[];
  readonly tools: readonly Tool[];
  readonly prompts: readonly Prompt[];
  readonly templates: readonly ResourceTemplate[];
  readonly grants: readonly Grant[];
  /** The operator's own policies, those of files among them. */
  readonly policies: readonly OwnPolicy[];
  /** Roles that principals have besides those of their keys, by id. */
  readonly members?: ReadonlyMap<string, readonly string[]>;
  readonly settings: Settings;
  /** Wall time in milliseconds, for policies that read it; absent: the machine's. */
  readonly now?: () => number;
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
  const policy = compilePolicies({
    tenant: content.tenant,
    grants: content.grants,
    own: content.policies,
    ...(content.members === undefined ? {} : { members: content.members }),
    ...(content.now === undefined ? {} : { now: content.now }),
    ...reachable(content),
  });
  if (!policy.ok) return policy;
  const digest = digestOf(content, policy.value);
  if (digest === null) return failure('config.invalid', 'the content has no canonical form');
  const snapshot: Snapshot = Object.freeze({
    tenant: content.tenant,
    sequence,
    digest,
    servers: new FrozenMap(content.servers.map((server) => [server.id, Object.freeze({ ...server })] as const)),
    tools: byName(content.tools),
    prompts: byName(content.prompts),
    templates: byName(content.templates),
    policy: policy.value,
    settings: content.settings,
  });
  return success({ snapshot, document: policy.value.document });
}

const byName = <P extends Pin>(pins: readonly P[]): ReadonlyMap<string, P> =>
  new FrozenMap(pins.map((pin) => [pin.qualifiedName, pin] as const));

const pinsOf = ({ tools, prompts, templates }: SnapshotContent): readonly Pin[] => [...tools, ...prompts, ...templates];

/** Policies know only what servers offer that are switched on: the rest is denied whatever a guard forgets. */
function reachable(content: SnapshotContent): Pick<Parameters<typeof compilePolicies>[0], 'pins' | 'servers' | 'labels'> {
  const enabled = content.servers.filter((server) => server.enabled);
  const ids = new Set(enabled.map((server) => server.id));
  return {
    pins: pinsOf(content).filter((pin) => ids.has(pin.server)),
    servers: enabled.map(({ id, resources }) => ({ server: id, effect: resources ?? 'destructive' })),
    labels: new Map(enabled.map(({ id, labels }) => [id, labels])),
  };
}

function flawIn(content: SnapshotContent): string | null {
  const { tenant, servers } = content;
  const ids = new Set(servers.map((server) => server.id));
  if (ids.size < servers.length) return 'two servers have one id';
  // Objects of another tenant must not enter by a query that forgot to ask for one.
  const foreign = servers.find((server) => server.tenant !== tenant);
  if (foreign !== undefined) return `server ${foreign.id} belongs to another tenant`;
  const pins = pinsOf(content);
  const orphan = pins.find((pin) => !ids.has(pin.server));
  if (orphan !== undefined) return `${orphan.kind} ${orphan.qualifiedName} has no server`;
  return new Set(pins.map((pin) => `${pin.kind} ${pin.qualifiedName}`)).size < pins.length ? 'two pins of a kind have one name' : null;
}

function digestOf(content: SnapshotContent, policy: PolicySet): string | null {
  const { tenant, servers, settings } = content;
  const seen = pinsOf(content).map(({ kind, qualifiedName, effect, effectSet, state, needs, digest }) => ({
    kind,
    qualifiedName,
    effect,
    effectSet,
    state,
    needs,
    digest,
  }));
  const members = [...(content.members ?? [])].map(([id, roles]) => [id, ...roles]).sort();
  const text = canonicalize({ tenant, servers, pins: seen, policy: policy.version, members, settings });
  return text.ok ? sha256Hex(text.value) : null;
}
