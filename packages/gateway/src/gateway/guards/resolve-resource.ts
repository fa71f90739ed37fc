import type { ServerId } from '../../base/ids.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Resource, Target } from '../../contracts/target.ts';
import type { Deny, GuardVerdict } from '../../contracts/verdict.ts';
import type { With } from '../exchange.ts';
import type { LookUp } from '../look-up.ts';
import { resourceOf } from '../resource-of.ts';
import { reaches, visibleTo } from '../visible.ts';
import { methodOutOfScope } from './authorize.ts';

type Known = With<'principal' | 'frame'>;

/** A resource as the client named it. */
export interface NamedResource {
  readonly of: { readonly server: ServerId; readonly name: string } | null;
  readonly shown: string;
}

/**
 * Whether there is a resource only its server knows, so it is asked for its list where the caller knows that server, and before anything is decided by the
 * answer: what is hidden and what is not there cost the same questions, the same time and the same one record. What an approved template makes, and the
 * caller may have, needs no look.
 */
export async function resolveResource(exchange: Known, { of, shown }: NamedResource, lookUp: LookUp): Promise<GuardVerdict<Target>> {
  const { frame, principal, snapshot } = exchange;
  const server = of === null ? undefined : snapshot.servers.get(of.server);
  if (of === null || server?.enabled !== true || !reaches(snapshot, of.server, frame.era) || !isUri(of.name))
    return { verdict: 'deny', reason: 'gateway.unknown_resource', detail: shown, shown };
  const { resource, permitted, told } = decide(exchange, server, of.name);
  const hidden: Deny = { verdict: 'deny', reason: 'gateway.hidden_resource', detail: shown, shown, ...told };
  // A server of which nothing is shown answers, and is asked, like one that is not there.
  if (!permitted && !visibleTo(snapshot, principal).servers.has(of.server)) return hidden;
  // For a method that the key does not have nobody is asked, whatever there is: a key for other methods of resources is told so, to any other there are none.
  const outside = methodOutOfScope(principal, frame);
  if (outside !== null) return principal.credential.methods?.some((method) => OF_RESOURCES.has(method)) ? outside : hidden;
  if (permitted && resource.template !== null) return { verdict: 'pass', fact: resource };
  const found = await lookUp(exchange, server, permitted ? of.name : null);
  if (found === true) return { verdict: 'pass', fact: resource };
  const why = found === false ? (permitted ? { ...hidden, reason: 'gateway.unknown_resource' as const } : hidden) : { ...found, ...told };
  return { ...why, server: of.server };
}

/** Methods by which a key learns of single resources. */
const OF_RESOURCES: ReadonlySet<string> = new Set([
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
]);

interface Decided {
  readonly resource: Resource;
  readonly permitted: boolean;
  /** For the record, which has it either way: one without would be shorter, and sooner written. */
  readonly told: Pick<Deny, 'decided'>;
}

function decide({ principal, snapshot }: Known, server: Registration, name: string): Decided {
  const resource = resourceOf(snapshot, server, name);
  const decision = snapshot.policy.decide(principal, 'discover', resource);
  if (!decision.ok) return { resource, permitted: false, told: {} };
  const told = { decided: { action: 'discover', target: resource, decision: decision.value } } as const;
  return { resource, permitted: decision.value.effect === 'allow', told };
}

/** Nothing that a reader of lines, or of a log, would take for something else. */
const isUri = (text: string): boolean => !/[\s\p{C}]/u.test(text);
