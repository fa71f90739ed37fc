import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { Judgement } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { Call } from './exchange.ts';

// By the arguments themselves: a revision makes others, which are judged anew. An arguments object belongs to one call.
const cache = new WeakMap<JsonObject, Result<Judgement, PolicyReason>>();

/**
 * The decision about a call whose guard could only say "with some arguments": made of these, once. Null where the guard's decision is the decision. Whoever
 * forwards asks again, so that no way past the screens is a way past the policy.
 */
export function decidedWith({ exchange, target, task, arguments: own }: Call): Result<Judgement | null, PolicyReason> {
  const { decision, principal, snapshot } = exchange;
  if (decision?.effect !== 'conditional') return success(null);
  // What is asked about a task is asked about the call that began it.
  const given = task === undefined ? own : task.arguments;
  if (given === null) return failure('policy.argument_not_comparable', 'the arguments of this task were too large to be kept');
  const known = cache.get(given) ?? snapshot.policy.judge(principal, target, given);
  cache.set(given, known);
  return known;
}
