import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { systemClock } from '../base/clock.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Action, Grant, PolicyInForce, PolicyResource, PolicySet } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { PinState } from '../contracts/target.ts';
import type { Decider } from './decide.ts';
import { type Answer, DecisionCache } from './decision-cache.ts';
import { type PolicyDocument, type PolicyLabels, type PolicyPin, type PolicyServer, versionOf } from './document.ts';
import { explained } from './explained.ts';
import { grantPolicy, isGrantId } from './grant-policy.ts';
import { callerOf, type DecisionInputs, plainResource } from './inputs.ts';
import { type LabelsOfServers, labelsOf } from './labels.ts';
import { argumentsOf } from './own/argument-type.ts';
import { type OwnPolicies, openOwnPolicies } from './own/ask-own.ts';
import { mayConcernTarget } from './own/heads.ts';
import type { OwnPolicy, ReadPolicy } from './own/own-policy.ts';
import { restrict } from './own/read-arguments.ts';
import { readPolicies } from './own/read-policies.ts';
import { describe } from './preparsed.ts';
import { problemsOf } from './problems.ts';
import { argumentsRead } from './read-of-call.ts';
import { remembered } from './remembered.ts';
import { SHIPPED_POLICIES } from './role-policies.ts';
import { POLICY_SCHEMA } from './schema.ts';
import { openSharingDecider } from './share.ts';
import { standingOf } from './standing.ts';
import { minuteOf } from './time.ts';

export interface PolicyContent {
  readonly tenant: string;
  readonly grants: readonly Grant[];
  /** The operator's own; absent: none. */
  readonly own?: readonly OwnPolicy[];
  /** Tools, prompts and templates in every state, with their definitions; only approved ones can be permitted. */
  readonly pins: readonly (PolicyResource & { readonly state: PinState; readonly definition?: JsonObject })[];
  /** Servers with the effect that their resources have where no template makes them. */
  readonly servers: readonly Pick<PolicyServer, 'server' | 'effect'>[];
  /** What the operator says of servers and their things, by server; absent: nothing. */
  readonly labels?: LabelsOfServers;
  /** Roles that principals have besides those of their keys, by id. They stand in the inputs of a decision, which replays with them. */
  readonly members?: Members;
  /** Wall time in milliseconds, for policies that read it; absent: the machine's. */
  readonly now?: () => number;
}

type Members = ReadonlyMap<string, readonly string[]>;

/** A PolicySet that also says what it was made from, to be stored under its version. */
export interface CompiledPolicies extends PolicySet {
  readonly document: PolicyDocument;
}

/** The policies of a tenant, ready to decide. `policy.invalid`: a policy that does not parse or does not fit the schema; keep the old set. */
export function compilePolicies(content: PolicyContent): Result<CompiledPolicies, PolicyReason> {
  const own = content.own ?? [];
  const reading = own
    .flatMap(({ text, place }) => readPolicies([{ file: place.file, text }]).policies)
    .filter(({ reads }) => reads.length > 0);
  const document: PolicyDocument = {
    tenant: content.tenant,
    schema: POLICY_SCHEMA,
    policies: SHIPPED_POLICIES,
    own: own.map(({ id, text, place }) => ({ id, text, place })),
    grants: content.grants.map(({ id, principal, tool, rules }) => ({ id, principal, tool, ...(rules === undefined ? {} : { rules }) })),
    pins: content.pins
      .filter((pin) => pin.state === 'approved')
      .map((pin) => ({ ...pinOf(pin, reading), ...labelsOfPin(content.labels, pin) })),
    servers: content.servers.map(({ server, effect }) => ({ server, effect, ...labelsOf(content.labels, server, null) })),
  };
  return compileDocument(document, content.members, content.now);
}

/** A tool takes along what policies read of its arguments; other pins, and tools that none reads, stay as small as they are. */
function pinOf(pin: PolicyContent['pins'][number], reading: readonly ReadPolicy[]): PolicyPin {
  const plain = plainResource(pin);
  if (pin.kind !== 'tool' || reading.length === 0) return plain;
  const standing = standingOf(plain);
  const reads = reading.filter((policy) => mayConcernTarget(policy, standing)).flatMap((policy) => policy.reads);
  const schema = pin.definition?.['inputSchema'];
  return reads.length === 0 ? plain : { ...plain, arguments: restrict(argumentsOf((schema ?? {}) as JsonObject), reads) };
}

const labelsOfPin = (labels: LabelsOfServers | undefined, { kind, server, name }: PolicyResource): { readonly labels?: PolicyLabels } =>
  kind === 'resource' ? {} : labelsOf(labels, server, { kind, name });

/** Compiles a stored document: what replay judges by. */
export function compileDocument(
  document: PolicyDocument,
  members: Members = new Map(),
  now: () => number = systemClock.now,
): Result<CompiledPolicies, PolicyReason> {
  const own = openDocument(document);
  if (!own.ok) return own;
  const version = versionOf(document);
  const decider = openSharingDecider(document, version, own.value);
  return success(cachedSet({ document, version, own: own.value, decider, members, now }));
}

/** Validates a document and reads the operator's policies in it. `policy.invalid`. */
export function openDocument(document: PolicyDocument): Result<OwnPolicies, PolicyReason> {
  try {
    const sound = validateDocument(document);
    return sound.ok ? openOwnPolicies(document) : sound;
  } catch (error) {
    return failure('policy.invalid', String(error).slice(0, 300));
  }
}

interface Compiled {
  readonly document: PolicyDocument;
  readonly version: string;
  readonly own: OwnPolicies;
  readonly decider: Decider;
  readonly members: Members;
  readonly now: () => number;
}

function cachedSet(compiled: Compiled): CompiledPolicies {
  const { document, version, own, decider, members, now } = compiled;
  const callsOf = openCache();
  const minute = (): string | null => (own.timed ? minuteOf(now()) : null);
  // Principals are immutable and one object per credential: what a decision reads of one is taken out once, not for each tool.
  const callers = new WeakMap<Principal, DecisionInputs['principal']>();
  const inputs = (principal: Principal, action: Action, resource: PolicyResource, time: string | null): DecisionInputs => {
    const caller = callers.get(principal) ?? callerOf(principal, members.get(principal.id));
    callers.set(principal, caller);
    return { principal: caller, action, resource, ...(time === null ? {} : { time }) };
  };
  const decide = (principal: Principal, action: Action, resource: PolicyResource): Answer => {
    try {
      // Discovery is asked for all tools at once and remembered by whoever asked: here it would only push the calls out.
      const time = minute();
      if (action === 'discover') return timed(decider(inputs(principal, action, resource, time)), time);
      const calls = callsOf(time);
      const held = calls.find(principal, resource);
      if (held !== null) return held;
      const answer = timed(decider(inputs(principal, action, resource, time)), time);
      // A fault may pass; a decision of this version never changes, or not within its minute.
      if (answer.ok) calls.keep(principal, resource, answer);
      return answer;
    } catch (error) {
      return failure('policy.fault', String(error).slice(0, 300));
    }
  };
  // What depends on arguments is not remembered: there are as many as there are calls.
  const judge: PolicySet['judge'] = (principal, resource, given) => {
    try {
      const unknown = inputs(principal, 'call', plainResource(resource), minute());
      const read = argumentsRead(document, own, unknown, given);
      if (!read.ok) return read;
      const known = { ...unknown, arguments: read.value };
      const answer = decider(known);
      return answer.ok ? success({ decision: explained(own, decider, known, answer.value), inputs: known }) : answer;
    } catch (error) {
      return failure('policy.fault', String(error).slice(0, 300));
    }
  };
  const inForce: readonly PolicyInForce[] = own.policies.map(({ id, effect, text, place, message }) => ({
    id,
    effect,
    text,
    place,
    message,
    problems: problemsOf(document, own, id),
  }));
  const inputsOf: PolicySet['inputsOf'] = (principal, action, resource, time) =>
    inputs(principal, action, plainResource(resource), time ?? null);
  const at = (time: number): PolicySet => cachedSet({ ...compiled, now: () => time });
  return Object.freeze({ version, document, decide, judge, inputsOf, minute, at, own: inForce });
}

/** The decisions about calls, for as long as they hold: those of another minute are let go. */
function openCache(): (time: string | null) => DecisionCache {
  let of: string | null = null;
  let calls = new DecisionCache();
  return (time) => {
    if (time !== of) [of, calls] = [time, new DecisionCache()];
    return calls;
  };
}

const timed = (answer: Answer, time: string | null): Answer => (time === null || !answer.ok ? answer : success({ ...answer.value, time }));

function validateDocument(document: PolicyDocument): Result<null, PolicyReason> {
  const badGrant = document.grants.find((grant) => !isGrantId(grant.id) || grant.principal === '' || grant.tool === '');
  if (badGrant !== undefined) return failure('policy.invalid', `grant ${JSON.stringify(badGrant.id).slice(0, 80)} is malformed`);
  if (Object.keys(document.policies).some((id) => id.startsWith('grant:')))
    return failure('policy.invalid', 'the ids of grants begin with grant:, and those of no policy');
  if (new Set(document.grants.map((grant) => grant.id)).size < document.grants.length)
    return failure('policy.invalid', 'two grants have one id');
  return validateCedar(document);
}

const judgement = remembered<Result<null, PolicyReason>>(16);

// Grants are trees of one shape in which only ids differ, and ids are not judged: one stands for all. Ten thousand would block for a second.
const validateCedar = ({ schema, policies, grants }: PolicyDocument): Result<null, PolicyReason> =>
  judgement([schema, policies, grants.length > 0], () => {
    const one = grants.slice(0, 1).map((grant) => [`grant:${grant.id}`, grantPolicy(grant)]);
    return judged(schema, { ...policies, ...Object.fromEntries(one) });
  });

function judged(schema: string, policies: cedar.StaticPolicySet): Result<null, PolicyReason> {
  const answer = cedar.validate({ schema, policies: { staticPolicies: policies } });
  if (answer.type === 'failure') return failure('policy.invalid', describe(answer.errors));
  const first = answer.validationErrors[0];
  if (first !== undefined) return failure('policy.invalid', `${first.policyId}: ${describe([first.error])}`);
  return success(null);
}
