import type { TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { PolicyResource, PolicySet } from '../../contracts/decision.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import type { Effect, Pin } from '../../contracts/target.ts';
import {
  checkedTool,
  compilePolicies,
  loadPolicies,
  mistakesText,
  type OwnPolicy,
  type PolicyContent,
  type RecordedCall,
} from '../../policy/index.ts';
import type { ReplayRequest } from '../contract/replay.ts';
import type { AdminDoors, ProposedConfiguration } from '../doors.ts';

/** Policies that decide, with the targets that they know. */
export interface World {
  readonly set: PolicySet;
  readonly pins: ReadonlyMap<string, PolicyResource>;
  readonly servers: ReadonlyMap<string, Effect>;
}

export interface Proposal {
  readonly inForce: World;
  readonly proposed: World;
  /** Roles that a file gives: what a record says of them is of that day, and each of the two has its own. */
  readonly fileRoles: ReadonlySet<string>;
}

type Content = Omit<PolicyContent, 'own'>;

/** What is in force beside what would be. `policy.invalid` and the reasons of a configuration, with every mistake a line. */
export async function proposalOf(
  doors: AdminDoors,
  tenant: TenantId,
  { policies, instead, config }: ReplayRequest,
): Promise<Result<Proposal, Reason>> {
  const snapshot = doors.current(tenant);
  const stored = await doors.grants.list(tenant);
  if (!stored.ok) return stored;
  const content = contentOf(snapshot, [...stored.value, ...doors.configuring.grants()]);
  const own = snapshot.policy.own.map(({ id, text, place }) => ({ id, text, place }));
  const members = doors.configuring.members();
  const inForce = { set: snapshot.policy, ...targetsOf(content) };
  if (config === undefined) {
    const added = ownFrom(policies ?? '', snapshot);
    if (!added.ok) return added;
    const ids = new Set(added.value.map(({ id }) => id));
    const kept = instead ? [] : own.filter(({ id }) => !ids.has(id));
    return proposed(inForce, { ...content, own: [...kept, ...added.value], members }, members);
  }
  const next = doors.configuring.propose(config);
  if (!next.ok) return next;
  const throughApi = own.filter(({ place }) => place.file === null);
  const grants = [...stored.value, ...next.value.grants];
  const proposal = { ...withEffects({ ...content, grants }, next.value), own: [...throughApi, ...next.value.policies] };
  return proposed(inForce, { ...proposal, members: next.value.members }, members);
}

function ownFrom(text: string, snapshot: Snapshot): Result<readonly OwnPolicy[], Reason> {
  const tools = [...snapshot.tools.values()].filter(({ state }) => state === 'approved').map(checkedTool);
  const { policies, mistakes } = loadPolicies([{ file: null, text }], tools);
  if (mistakes.length > 0) return failure('policy.invalid', mistakesText(mistakes));
  return policies.length === 0 ? failure('policy.invalid', 'the text holds no policy') : success(policies);
}

function proposed(inForce: World, content: PolicyContent, members: ReadonlyMap<string, readonly string[]>): Result<Proposal, Reason> {
  const set = compilePolicies(content);
  const fileRoles = new Set([...members.values(), ...(content.members ?? new Map<string, readonly string[]>()).values()].flat());
  return set.ok ? success({ inForce, proposed: { set: set.value, ...targetsOf(content) }, fileRoles }) : set;
}

const enabledIn = ({ servers }: Snapshot) => [...servers.values()].filter(({ enabled }) => enabled);

/** As a snapshot is built: of servers that are switched on. */
function contentOf(snapshot: Snapshot, grants: Content['grants']): Content {
  const servers = enabledIn(snapshot);
  const ids = new Set<string>(servers.map(({ id }) => id));
  const pins: readonly Pin[] = [...snapshot.tools.values(), ...snapshot.prompts.values(), ...snapshot.templates.values()];
  return {
    tenant: snapshot.tenant,
    grants,
    pins: pins.filter(({ server }) => ids.has(server)),
    servers: servers.map(({ id, resources }) => ({ server: id, effect: resources ?? 'destructive' })),
    labels: new Map(servers.map(({ id, labels }) => [id, labels])),
  };
}

/** With what a proposed configuration says of effects; a server that it does not name any more is gone, and a new one was never called. */
function withEffects(content: Content, { effectOf, labels, gone }: ProposedConfiguration): Content {
  const stays = ({ server }: { readonly server: string }): boolean => !gone.has(server);
  return {
    ...content,
    pins: content.pins.filter(stays).map((pin) => ({ ...pin, effect: effectOf(pin.server, pin.kind, pin.name) ?? pin.effect })),
    labels: new Map([...(content.labels ?? []), ...labels]),
    servers: content.servers.filter(stays).map(({ server, effect }) => ({ server, effect: effectOf(server, 'resource', '') ?? effect })),
  };
}

const targetsOf = ({ pins, servers }: Content): Omit<World, 'set'> => ({
  pins: new Map(pins.map((pin) => [keyOf(pin), pin])),
  servers: new Map(servers.map(({ server, effect }) => [server, effect])),
});

const keyOf = ({ kind, qualifiedName }: Pick<PolicyResource, 'kind' | 'qualifiedName'>): string => `${kind} ${qualifiedName}`;

/** What was called as it is there, with the effect that it has there; null where it is not. A resource has that of its template or of its server. */
export function targetIn({ pins, servers }: World, call: RecordedCall | null): PolicyResource | null {
  if (call === null) return null;
  const { target } = call;
  if (target.kind !== 'resource') return pins.get(keyOf(target)) ?? null;
  const template = target.template ?? null;
  const effect = template === null ? servers.get(target.server) : pins.get(keyOf({ kind: 'template', qualifiedName: template }))?.effect;
  return effect === undefined ? null : { ...target, effect };
}
