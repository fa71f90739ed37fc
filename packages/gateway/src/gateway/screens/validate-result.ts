import type { Tool } from '../../contracts/target.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { checkCallResult, checkCompleteResult, checkEmptyResult, checkGetResult, checkReadResult } from '../../protocol/index.ts';
import type { LineClass } from '../exchange.ts';
import { denied, type ResultScreen } from '../guard.ts';

const PASS = { verdict: 'pass', fact: null } as const;

/** The shape of a result, and its structured part against the pinned outputSchema. What does not fit is not passed on (R2-042). */
export function validateResult(): ResultScreen {
  return {
    name: 'validate-result',
    check({ call, result }) {
      const shape = SHAPES[call.exchange.frame.plan.class]?.(result);
      if (shape === undefined) return invalid('no result was expected');
      if (!shape.ok) return invalid(shape.detail ?? shape.reason);
      if (call.target.kind !== 'tool') return PASS;
      const { validateResult: validate } = call.target;
      if (validate === null || result['isError'] === true) return PASS;
      const structured = result['structuredContent'];
      if (structured === undefined) return invalid('structuredContent is missing although the tool declares an outputSchema');
      const verdict = validate(structured);
      return verdict instanceof Promise ? verdict.then(toVerdict) : toVerdict(verdict);
    },
  };
}

/** What is forwarded has a shape here: a class without one is never passed on. */
const SHAPES: Readonly<Partial<Record<LineClass, typeof checkCallResult>>> = {
  call: checkCallResult,
  get: checkGetResult,
  read: checkReadResult,
  complete: checkCompleteResult,
  subscribe: checkEmptyResult,
  // What its tool gave, which is looked at like that of a call.
  task: checkCallResult,
};

const invalid = (detail: string): Deny => ({ verdict: 'deny', reason: 'registry.result_invalid', detail });

const toVerdict = (verdict: Awaited<ReturnType<NonNullable<Tool['validateResult']>>>) =>
  verdict.ok ? PASS : invalid(denied(verdict).detail ?? verdict.reason);
