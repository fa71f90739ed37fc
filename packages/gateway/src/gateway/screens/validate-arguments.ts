import type { Tool } from '../../contracts/target.ts';
import { checkParamHeaders } from '../../protocol/index.ts';
import type { Call } from '../exchange.ts';
import { type ArgumentScreen, denied } from '../guard.ts';

const PASS = { verdict: 'pass', fact: null } as const;

/** Against the pinned schema, never the one that the server sends today (R2-042). First row of its table: it runs again after a revision. */
export function validateArguments(): ArgumentScreen {
  return {
    name: 'validate-arguments',
    check(call) {
      const { target } = call;
      const asked = call.exchange.frame.plan.class;
      if (asked === 'complete') return completes(call);
      // A resource has no arguments but its URI, which policies have judged.
      if (target.kind === 'template' || target.kind === 'resource') return PASS;
      const mirrored = target.kind === 'tool' && call.exchange.frame.era === 'modern' ? mirroredHeaders(call, target) : null;
      if (mirrored !== null) return mirrored;
      const verdict = target.validateArguments(call.arguments);
      return verdict instanceof Promise ? verdict.then(toVerdict) : toVerdict(verdict);
    },
  };
}

/** What is completed must be an argument that the pinned prompt declares, or a variable of the pinned template. */
function completes({ target, arguments: given }: Call) {
  const argument = given['argument'] as { readonly name: string };
  const declared = target.kind === 'prompt' || target.kind === 'template' ? target.argumentNames : [];
  if (declared.includes(argument.name)) return PASS;
  return {
    verdict: 'deny',
    reason: 'registry.arguments_invalid',
    shown: `${argument.name.slice(0, 100)}: there is no such argument`,
  } as const;
}

type Verdict = Awaited<ReturnType<Tool['validateArguments']>>;

// The validator's detail is written for the caller: it names the member and what was expected, and quotes nothing long.
const toVerdict = (verdict: Verdict) =>
  verdict.ok ? PASS : { ...denied(verdict), ...(verdict.detail === undefined ? {} : { shown: verdict.detail }) };

function mirroredHeaders({ exchange, arguments: given }: Call, tool: Tool) {
  const checked = checkParamHeaders(exchange.http.headers, given, tool.paramHeaders);
  return checked.ok ? null : { ...denied(checked), ...(checked.detail === undefined ? {} : { shown: checked.detail }) };
}
