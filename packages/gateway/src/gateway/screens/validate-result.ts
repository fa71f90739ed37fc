import type { Deny } from '../../contracts/verdict.ts';
import { checkCallResult } from '../../protocol/index.ts';
import type { CallResult } from '../exchange.ts';
import { denied, type ResultScreen } from '../guard.ts';

const PASS = { verdict: 'pass', fact: null } as const;

/** The shape of a result, and its structured part against the pinned outputSchema. What does not fit is not passed on (R2-042). */
export function validateResult(): ResultScreen {
  return {
    name: 'validate-result',
    check({ call, result }) {
      const shape = checkCallResult(result);
      if (!shape.ok) return invalid(shape.detail ?? shape.reason);
      const { validateResult: validate } = call.tool;
      if (validate === null || result['isError'] === true) return PASS;
      const structured = result['structuredContent'];
      if (structured === undefined) return invalid('structuredContent is missing although the tool declares an outputSchema');
      const verdict = validate(structured);
      return verdict instanceof Promise ? verdict.then(toVerdict) : toVerdict(verdict);
    },
  };
}

const invalid = (detail: string): Deny => ({ verdict: 'deny', reason: 'registry.result_invalid', detail });

const toVerdict = (verdict: Awaited<ReturnType<NonNullable<CallResult['call']['tool']['validateResult']>>>) =>
  verdict.ok ? PASS : invalid(denied(verdict).detail ?? verdict.reason);
