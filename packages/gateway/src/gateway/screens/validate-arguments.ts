import { checkParamHeaders } from '../../protocol/index.ts';
import type { Call } from '../exchange.ts';
import { type ArgumentScreen, denied } from '../guard.ts';

const PASS = { verdict: 'pass', fact: null } as const;

/** Against the pinned schema, never the one that the server sends today (R2-042). First row of its table: it runs again after a revision. */
export function validateArguments(): ArgumentScreen {
  return {
    name: 'validate-arguments',
    check(call) {
      const mirrored = call.exchange.frame.era === 'modern' ? mirroredHeaders(call) : null;
      if (mirrored !== null) return mirrored;
      const verdict = call.tool.validateArguments(call.arguments);
      return verdict instanceof Promise ? verdict.then(toVerdict) : toVerdict(verdict);
    },
  };
}

type Verdict = Awaited<ReturnType<Call['tool']['validateArguments']>>;

// The validator's detail is written for the caller: it names the member and what was expected, and quotes nothing long.
const toVerdict = (verdict: Verdict) =>
  verdict.ok ? PASS : { ...denied(verdict), ...(verdict.detail === undefined ? {} : { shown: verdict.detail }) };

function mirroredHeaders({ exchange, tool, arguments: given }: Call) {
  const checked = checkParamHeaders(exchange.http.headers, given, tool.paramHeaders);
  return checked.ok ? null : { ...denied(checked), ...(checked.detail === undefined ? {} : { shown: checked.detail }) };
}
