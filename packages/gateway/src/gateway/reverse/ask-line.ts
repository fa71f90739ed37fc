import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { declares, isObject, planOf, rulesOf } from '../../protocol/index.ts';
import { denied } from '../guard.ts';
import { judged, judgedWith } from '../judged.ts';
import { describe } from '../line.ts';
import { pinsOf, visibleTo } from '../visible.ts';
import type { Asking } from './asking.ts';

interface AskGuard {
  readonly name: string;
  /** Null passes. */
  check(asking: Asking): Deny | null;
}

const deny = (reason: Deny['reason'], detail?: string): Deny => ({ verdict: 'deny', reason, ...(detail === undefined ? {} : { detail }) });

/** One server's share of a client's time, and one call's. */
const limitAsks: AskGuard = {
  name: 'limit-asks',
  check({ ask: { budget, origin } }) {
    if (origin !== null && origin.asked >= LIMITS.asksPerCall)
      return deny('gateway.too_many_asks', `more than ${LIMITS.asksPerCall} in one call`);
    if (!budget.take()) return deny('gateway.too_many_asks');
    if (origin !== null) origin.asked += 1;
    return null;
  },
};

/** The capability that each kind of request takes at least. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
]);

/** Parsed once, in the client's revision: what it does not know does not exist for the server either. */
const readParams: AskGuard = {
  name: 'read-ask',
  check(asking) {
    const { ask, session } = asking;
    const plan = planOf(ask.method, session.revision, 'server');
    const family = FAMILIES.get(ask.method);
    if (plan === null || !plan.built || family === undefined || !isObject(session.capabilities[family]))
      return deny('gateway.ask_not_offered', ask.method);
    const read = rulesOf(session.revision).checkParams(ask.method, ask.params);
    if (!read.ok) return { ...denied(read), ...(read.detail === undefined ? {} : { shown: read.detail }) };
    if (read.value.params.kind !== 'ask') return deny('gateway.fault', `params of ${read.value.params.kind}`);
    asking.asked = read.value.params.asked;
    return null;
  },
};

/** Only what this client really declared, whatever the server was told of it. */
const checkDeclared: AskGuard = {
  name: 'declared',
  check({ asked, session }) {
    if (asked === null) return deny('gateway.fault', 'nothing was read');
    return declares(session.capabilities, asked.takes)
      ? null
      : deny('gateway.ask_not_offered', asked.takes.map((path) => path.join('.')).join(', '));
  },
};

/**
 * A server asks only on behalf of what the principal may use. While it serves calls, each of them is decided again under the policies of now;
 * between calls it must be a server that the principal may discover. A key with a list of methods has to name the method.
 */
const authorizeAsk: AskGuard = {
  name: 'authorize',
  check(asking) {
    const { snapshot, session, server, ask, serving } = asking;
    const { principal } = session;
    const { methods } = principal.credential;
    if (methods !== null && !methods.includes(ask.method)) return deny('policy.method_out_of_scope', ask.method);
    if (serving.length === 0)
      return visibleTo(snapshot, principal).servers.has(server) ? null : deny('policy.denied', 'the server is hidden');
    for (const served of serving) {
      const refused = judgeAgain(asking, served);
      if (refused !== null) return refused;
    }
    return null;
  },
};

// Where a policy depends on the arguments, by those that the call was made with.
function judgeAgain(asking: Asking, { target: served, arguments: given }: Asking['serving'][number]): Deny | null {
  const { snapshot, session } = asking;
  const { principal } = session;
  const target = served.kind === 'resource' ? served : pinsOf(snapshot, served.kind).get(served.qualifiedName);
  if (target === undefined) return deny('policy.denied', `${served.qualifiedName} is gone`);
  const decision = snapshot.policy.decide(principal, 'call', target);
  if (!decision.ok) return denied(decision);
  const judgement = decision.value.effect === 'conditional' ? snapshot.policy.judge(principal, target, given) : null;
  if (judgement?.ok === false) return denied(judgement);
  asking.judged = judgement === null ? judged(snapshot, principal, 'call', target, decision.value) : judgedWith(judgement.value);
  const { effect, policies } = judgement?.value.decision ?? decision.value;
  return effect === 'allow' ? null : deny('policy.denied', policies.join(', ') || 'nothing permits the call');
}

/** The line with the roles swapped (DESIGN section 4, "Server to client"): every request of a server passes these, in this order. */
const ASK_LINE: readonly AskGuard[] = [limitAsks, readParams, checkDeclared, authorizeAsk];

/** Stops at the first denial; what throws is a denial. */
export function runAskLine(asking: Asking, clock: Clock): Deny | null {
  for (const guard of ASK_LINE) {
    const began = clock.monotonic();
    let verdict: Deny | null;
    try {
      verdict = guard.check(asking);
    } catch (fault) {
      verdict = deny('gateway.fault', describe(fault));
    }
    asking.trace.push({ guard: guard.name, verdict: verdict?.verdict ?? 'pass', us: Math.round((clock.monotonic() - began) * 1000) });
    if (verdict !== null) return verdict;
  }
  return null;
}
