import { keepsRules } from '../base/argument-rules.ts';
import { type Result, success } from '../base/result.ts';
import type { Decision, Grant, PolicyResource } from '../contracts/decision.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import { askCedar, denial, type Question } from './ask-cedar.ts';
import { byKindAndName, type PolicyDocument } from './document.ts';
import type { DecisionInputs } from './inputs.ts';
import { labelling } from './labels.ts';
import type { OwnAsked, OwnPolicies } from './own/ask-own.ts';
import { isInAnyCase, isInScope, isMethodInScope } from './scope.ts';
import { slicesOf } from './slices.ts';

type Answer = Result<Decision, PolicyReason>;

export type Decider = (inputs: DecisionInputs) => Answer;

/** One question with the grants and the own policies that concern it. */
export interface Asked {
  readonly inputs: DecisionInputs;
  readonly grants: readonly Grant[];
  /** Null: the operator has no policy about this caller and target. */
  readonly own: OwnAsked | null;
}

/**
 * A decider without memory: every question goes to Cedar as it stands. What replay judges by, and what the shared path is held against.
 * Throws only on a bug; the caller makes that a denial.
 */
export function openDecider(document: PolicyDocument, version: string, own: OwnPolicies): Decider {
  return decideBy(document, version, own, askPlainly(document, version));
}

export function askPlainly(document: PolicyDocument, version: string): (asked: Asked) => Answer {
  const sliceOf = slicesOf(document);
  return ({ inputs, grants, own }) => {
    const question = questionOf(document, inputs);
    if (own === null) return askCedar(sliceOf(grants), question, version);
    const { action, argumentsType, arguments: given } = own;
    return askCedar(sliceOf(grants, own.slice), { ...question, action, argumentsType, arguments: given }, version);
  };
}

/**
 * Puts together what a question depends on, and asks. Where the arguments are not known, what may permit counts as permitting: for discovery that is the
 * answer, for a call it is `conditional` unless what needs no arguments permits already.
 */
export function decideBy(document: PolicyDocument, version: string, own: OwnPolicies, ask: (asked: Asked) => Answer): Decider {
  const known = knownTargets(document);
  const grantsOf = grantsByPair(document.grants);
  return (inputs) => {
    if (!known(inputs.resource)) return success(denial(version, [], 'policy.denied'));
    const mine = own.ask(inputs);
    if (!mine.ok) return mine;
    const granted = grantsOf(inputs);
    const ruled = inputs.arguments?.ruled;
    if (ruled !== undefined) {
      const grants = granted.filter(({ rules }) => rules === undefined || keepsRules(rules, ruled));
      return ask({ inputs, grants, own: mine.value });
    }
    if (inputs.action === 'discover') return ask({ inputs, grants: granted, own: mine.value });
    const unruled = granted.filter(({ rules }) => rules === undefined);
    const sure = mine.value?.conditional !== true && isSureOfScope(inputs);
    const answer = ask({ inputs, grants: unruled, own: mine.value });
    if (!answer.ok || (sure && (answer.value.effect === 'allow' || unruled.length === granted.length))) return answer;
    const may = unruled.length === granted.length ? answer : ask({ inputs, grants: granted, own: mine.value });
    return may.ok && may.value.effect === 'allow' ? success({ ...may.value, effect: 'conditional' }) : may;
  };
}

/** Either way, whatever the arguments are. */
const isSureOfScope = ({ principal: { scopes }, resource }: DecisionInputs): boolean =>
  isInAnyCase(scopes, resource) || !isInScope(scopes, resource);

/**
 * Only what was approved, with the facts of this version, can be permitted: hidden, unknown and changed targets are answered alike. A resource
 * has no pin of its own: it is known by its template's or, without one, by its server.
 */
export function knownTargets(document: PolicyDocument): (asked: PolicyResource) => boolean {
  const pins = byKindAndName(document, (pin) => pin);
  const servers = new Map(document.servers.map(({ server, effect }) => [server as string, effect]));
  return (asked) => {
    if (asked.kind === 'resource' && (asked.template ?? null) === null) return servers.get(asked.server) === asked.effect;
    const known = asked.kind === 'resource' ? pins.template.get(asked.template ?? '') : pins[asked.kind].get(asked.qualifiedName);
    if (known === undefined || known.effect !== asked.effect || known.server !== asked.server) return false;
    return asked.kind === 'resource' || known.name === asked.name;
  };
}

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
export function questionOf(document: PolicyDocument, { principal, action, resource, time, arguments: given }: DecisionInputs): Question {
  const { id, tenant, roles, purpose } = principal;
  return {
    schema: document.schema,
    tenant: document.tenant,
    principal: { id, tenant, roles, ...(purpose === undefined ? {} : { purpose }) },
    action,
    resource,
    labels: labelling(document)(resource),
    inScope: isInScope(principal.scopes, resource, given?.ruled ?? null),
    methodInScope: isMethodInScope(principal.methods, action, resource.kind),
    ...(time === undefined ? {} : { time }),
    arguments: {},
    argumentsType: null,
  };
}
