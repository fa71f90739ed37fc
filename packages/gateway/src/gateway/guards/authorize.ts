import type { Principal } from '../../contracts/principal.ts';
import type { Deny } from '../../contracts/verdict.ts';
import type { Params } from '../../protocol/index.ts';
import type { Frame, LineClass } from '../exchange.ts';
import { denied, type Guard } from '../guard.ts';

/** Requests whose arguments a policy may read: those of a call, and of the call that began a task. */
const BY_ARGUMENTS: ReadonlySet<Params['kind']> = new Set(['call', 'task']);

/** What a client needs to be one at all. A key's list of methods is about what it does then. */
const LIFECYCLE: ReadonlySet<LineClass> = new Set(['initialize', 'ping', 'discover', 'notification', 'answer', 'stream', 'end']);

/** The refusal of a method that the key does not have, or null. */
export function methodOutOfScope({ credential: { methods } }: Principal, { method, plan }: Frame): Deny | null {
  if (methods === null || LIFECYCLE.has(plan.class) || methods.includes(method)) return null;
  return { verdict: 'deny', reason: 'policy.method_out_of_scope', detail: method };
}

/** May this principal use this tool, prompt, template or resource? Discovery was decided on the way (resolve-target); a call is a decision of its own. */
export function authorize(): Guard<'principal' | 'frame' | 'target', 'decision'> {
  return {
    name: 'authorize',
    needs: ['principal', 'frame', 'target'],
    adds: 'decision',
    check({ principal, frame, target, snapshot }) {
      const outside = methodOutOfScope(principal, frame);
      if (outside !== null) return outside;
      if (target === null) return { verdict: 'pass', fact: null };
      const decision = snapshot.policy.decide(principal, 'call', target);
      if (!decision.ok) return denied(decision);
      if (decision.value.effect === 'allow') return { verdict: 'pass', fact: decision.value };
      // With some arguments: `authorize-arguments` decides once these have passed the schema, and nothing is forwarded without.
      if (decision.value.effect === 'conditional' && BY_ARGUMENTS.has(frame.params.kind)) return { verdict: 'pass', fact: decision.value };
      const decided = { action: 'call', target, decision: decision.value } as const;
      return { verdict: 'deny', reason: 'policy.denied', decided, detail: decision.value.policies.join(', ') || 'nothing permits it' };
    },
  };
}
