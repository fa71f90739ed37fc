import { failure, type Result, success } from '../base/result.ts';
import type { Decision, Grant, PolicyResource } from '../contracts/decision.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import { askCedar, denial, permission, type Question } from './ask-cedar.ts';
import { type Asked, askPlainly, type Decider, decideBy, openDecider, questionOf } from './decide.ts';
import type { PolicyDocument } from './document.ts';
import type { DecisionInputs } from './inputs.ts';
import { askReading } from './join-halves.ts';
import type { OwnAsked, OwnPolicies } from './own/ask-own.ts';
import { namesSomebody } from './readings.ts';
import { roomForGrants, slicesOf } from './slices.ts';

/** Stands for any caller and any tool of a kind. No principal and no tool has these ids: one has a prefix, the other a server. */
const ANYBODY = 'anybody';
const ANYTHING = { kind: 'tool', qualifiedName: 'anything', name: 'anything', server: '' } as unknown as PolicyResource;

type Answer = Result<Decision, PolicyReason>;

/**
 * Decides once for all questions that no policy can tell apart: same roles, tenants, purpose, minute, labels, effect, action, scope facts and number of grants that
 * name exactly this caller and this tool. A server with a thousand tools then costs a handful of questions to Cedar. Cedar does not look
 * into ids, so renaming caller, tool and grants in a question and in its slice alike changes nothing but the names in the answer, which are
 * put back. Where a policy that ships named or compared somebody (`readings.ts`) nothing would be shared. The operator's own policies are part of the
 * kind, without the heads that caller and target fit; where a condition of one tells those two from others (`own/identity-read.ts`), or the arguments
 * are known, the two are asked about by themselves, of the policies that read any (`join-halves.ts`). A property test holds it against `openDecider`.
 */
export function openSharingDecider(document: PolicyDocument, version: string, own: OwnPolicies): Decider {
  if (namesSomebody(document.policies)) return openDecider(document, version, own);
  const room = roomForGrants(document.policies);
  const plainly = askPlainly(document, version);
  const askOnce = kinds(document, version);
  const withReading = askReading(document, version);
  // Cedar reads a slice once for all versions with these policies: now, rather than while somebody waits for the first answer.
  for (let count = 0; count <= room; count++) askOnce(NOBODY, count, null);
  const share = (asked: Asked): Answer => {
    // Cedar, which would refuse it, never sees this id.
    if (typeof asked.inputs.principal.id !== 'string') return failure('policy.fault', 'a principal without an id');
    const { own: mine } = asked;
    // Resources are named by those who ask: what reads a name would be remembered for every name.
    const halves = mine?.halves;
    if (halves !== undefined && (halves.steady === null || halves.steady.shared !== null)) {
      const steady = share({ ...asked, own: halves.steady });
      return steady.ok ? withReading(asked, halves.reading, steady.value) : steady;
    }
    if (mine !== null && (mine.shared === null || (mine.shared.reads.name && asked.inputs.resource.kind === 'resource')))
      return plainly(asked);
    const grants = asked.grants.slice(0, room);
    const answer = askOnce(asked.inputs, grants.length, mine);
    return grants.length === 0 ? answer : named(answer, grants);
  };
  return decideBy(document, version, own, share);
}

const NOBODY: DecisionInputs = {
  principal: { id: ANYBODY, tenant: '', roles: [], scopes: [], methods: null },
  action: 'call',
  resource: { ...ANYTHING, effect: 'destructive' },
};

/** One answer a kind. There are at most 64 role sets x 4 kinds x 3 effects x 8 facts x 6 counts of grants a tenant, times what own policies tell apart. */
function kinds(document: PolicyDocument, version: string): (inputs: DecisionInputs, grants: number, own: OwnAsked | null) => Answer {
  const sliceOf = slicesOf(document);
  const answers = new Map<string, Answer>();
  const callers = new WeakMap<object, string>();
  let minute: string | undefined;
  return (inputs, grants, own) => {
    const facts = questionOf(document, inputs);
    const question = own === null ? facts : { ...facts, action: own.action };
    const shared = own?.shared ?? null;
    const kind = `${callerKind(callers, inputs.principal)} ${kindOf(question, grants)}${ownKind(question, shared)}`;
    // What was decided for another minute is of no use any more.
    if (inputs.time !== minute) {
      minute = inputs.time;
      answers.clear();
    }
    const held = answers.get(kind);
    if (held !== undefined) return held;
    const answer = askCedar(sliceOf(standIns(grants), shared), anonymous(question, shared), version);
    // A fault may pass; a decision of this version never changes.
    if (answer.ok && answers.size < MOST_KINDS) answers.set(kind, answer);
    return answer;
  };
}

/** Roles and tenants come from stored keys: a bound all the same. */
const MOST_KINDS = 20_000;

// Labels hold no space.
const kindOf = ({ action, resource, labels, inScope, methodInScope }: Question, grants: number): string =>
  `${resource.kind} ${resource.effect} ${labels.dataClass} ${labels.environment} ${action} ${inScope} ${methodInScope} ${grants}`;

// Once for each caller, who is asked about a thousand tools in a row. As JSON, so that no two kinds share a key; roles are sorted (`inputsOf`).
function callerKind(callers: WeakMap<object, string>, principal: DecisionInputs['principal']): string {
  const held = callers.get(principal);
  if (held !== undefined) return held;
  const kind = JSON.stringify([principal.tenant, principal.roles, principal.purpose ?? '']);
  callers.set(principal, kind);
  return kind;
}

/** What own policies read of the target besides, and which of them may concern the two. A server's id holds no space. */
function ownKind({ resource }: Question, shared: OwnAsked['shared']): string {
  if (shared === null) return '';
  const { content, reads } = shared;
  return ` ${content} ${reads.server ? resource.server : ''} ${reads.name ? resource.name : ''}`;
}

const anonymous = (question: Question, shared: OwnAsked['shared']): Question => {
  const { kind, effect, server, name } = question.resource;
  const told = { ...(shared?.reads.server === true ? { server } : {}), ...(shared?.reads.name === true ? { name } : {}) };
  return { ...question, principal: { ...question.principal, id: ANYBODY }, resource: { ...ANYTHING, ...told, kind, effect } };
};

const standIns = (count: number): readonly Grant[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(index), principal: ANYBODY, tool: ANYTHING.qualifiedName }));

function named(answer: Answer, grants: readonly Grant[]): Answer {
  if (!answer.ok) return failure(answer.reason, answer.detail);
  const { effect, policies, version, reason } = answer.value;
  if (effect === 'deny') return success(denial(version, policies, reason ?? 'policy.denied'));
  return success(permission(version, policies.map((id) => nameOf(id, grants)).sort()));
}

// Own policies have other ids: `grant:` is reserved, and ids of grants hold no colon.
const nameOf = (id: string, grants: readonly Grant[]): string =>
  id.startsWith('grant:') ? `grant:${grants[Number(id.slice('grant:'.length))]?.id ?? ''}` : id;
