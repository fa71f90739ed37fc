import { type Result, success } from '../base/result.ts';
import type { Decision } from '../contracts/decision.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import { askCedar, denial, permission, reasonOf } from './ask-cedar.ts';
import { type Asked, questionOf } from './decide.ts';
import type { PolicyDocument } from './document.ts';
import type { OwnSlice } from './own/rules.ts';

type Answer = Result<Decision, PolicyReason>;

/**
 * Asks the policies that read arguments, and them alone, and joins what they say with what all others decided: that holds for any arguments, and so is
 * remembered. Policies do not see each other, so nothing is lost by asking twice.
 */
export function askReading(document: PolicyDocument, version: string): (asked: Asked, reading: OwnSlice, steady: Decision) => Answer {
  return ({ inputs, own }, reading, steady) => {
    if (own === null) return success(steady);
    const { action, arguments: given, argumentsType } = own;
    const answer = askCedar(reading, { ...questionOf(document, inputs), action, arguments: given, argumentsType }, version);
    return answer.ok ? success(joined(steady, answer.value)) : answer;
  };
}

/**
 * What Cedar would have said of both sets of policies at once. Any forbid outweighs every permit, and it names all forbids that hold, or else all
 * permits; a denial that names none is one in which nothing held.
 */
export function joined(one: Decision, other: Decision): Decision {
  const named = (effect: 'allow' | 'deny'): string[] =>
    [one, other].flatMap((decision) => (decision.effect === effect ? decision.policies : [])).sort();
  const forbids = named('deny');
  if (forbids.length > 0) return denial(one.version, forbids, reasonOf(forbids));
  if (one.effect === 'allow' || other.effect === 'allow') return permission(one.version, named('allow'));
  return denial(one.version, [], reasonOf([]));
}
