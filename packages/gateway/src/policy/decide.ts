import { type Result, success } from '../base/result.ts';
import type { Decision, Grant, PolicyResource } from '../contracts/decision.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import { askCedar, denial, type Question } from './ask-cedar.ts';
import type { PolicyDocument } from './document.ts';
import type { DecisionInputs } from './inputs.ts';
import { isInScope, isMethodInScope } from './scope.ts';
import { type SliceOf, slicesOf } from './slices.ts';

export type Decider = (inputs: DecisionInputs) => Result<Decision, PolicyReason>;

/**
 * A decider without memory: every question goes to Cedar as it stands. What replay judges by, and what the shared path is held against.
 * Throws only on a bug; the caller makes that a denial.
 */
export function openDecider(document: PolicyDocument, version: string): Decider {
  const known = knownTargets(document);
  const grantsOf = grantsByPair(document.grants);
  const sliceOf: SliceOf = slicesOf(document);
  return (inputs) => {
    if (!known(inputs.resource)) return success(denial(version, [], 'policy.denied'));
    return askCedar(sliceOf(grantsOf(inputs)), questionOf(document, inputs), version);
  };
}

/**
 * Only what was approved, with the facts of this version, can be permitted: hidden, unknown and changed targets are answered alike. A resource
 * has no pin of its own: it is known by its template's or, without one, by its server.
 */
export function knownTargets(document: PolicyDocument): (asked: PolicyResource) => boolean {
  const pins = new Map(document.pins.map((pin) => [keyOf(pin.kind, pin.qualifiedName), pin]));
  const servers = new Map(document.servers.map(({ server, effect }) => [server as string, effect]));
  return (asked) => {
    if (asked.kind === 'resource' && (asked.template ?? null) === null) return servers.get(asked.server) === asked.effect;
    const known =
      asked.kind === 'resource' ? pins.get(keyOf('template', asked.template ?? '')) : pins.get(keyOf(asked.kind, asked.qualifiedName));
    if (known === undefined || known.effect !== asked.effect || known.server !== asked.server) return false;
    return asked.kind === 'resource' || known.name === asked.name;
  };
}

const keyOf = (kind: PolicyResource['kind'], name: string): string => `${kind} ${name}`;

const NONE: readonly Grant[] = [];

/** The grants that name exactly this caller and this tool. */
export function grantsByPair(grants: readonly Grant[]): (inputs: DecisionInputs) => readonly Grant[] {
  const byCaller = new Map<string, Map<string, readonly Grant[]>>();
  for (const [caller, own] of Map.groupBy(grants, (grant) => grant.principal))
    byCaller.set(
      caller,
      Map.groupBy(own, (grant) => grant.tool),
    );
  return ({ principal, resource }) => (resource.kind === 'tool' ? (byCaller.get(principal.id)?.get(resource.qualifiedName) ?? NONE) : NONE);
}

/** What Cedar is asked: the facts of the inputs with the scopes already judged. */
export function questionOf(document: PolicyDocument, { principal, action, resource }: DecisionInputs): Question {
  return {
    schema: document.schema,
    tenant: document.tenant,
    principal: { id: principal.id, tenant: principal.tenant, roles: principal.roles },
    action,
    resource,
    inScope: isInScope(principal.scopes, resource),
    methodInScope: isMethodInScope(principal.methods, action, resource.kind),
  };
}
