import type { TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Effect, PinKind } from '../contracts/target.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import { findServer } from './find-server.ts';
import { judgeTool } from './judge-tool.ts';
import type { Pin } from './pin.ts';
import { type ToolView, viewTool } from './view-server.ts';

export interface Approval {
  readonly server: string;
  /** `tool` where it is absent. */
  readonly kind?: PinKind;
  /** As the server names it; of a template its `uriTemplate`. */
  readonly tool: string;
  /** Absent: the effect stays as it is. */
  readonly effect?: Effect;
  /** Digest of the definition that was looked at: refused with `registry.tool.digest_differs` if the server has changed it since. */
  readonly digest?: string;
}

/**
 * Approves what a tool, prompt or template shows now (new, changed or quarantined), or sets the effect of an approved one. A tool is judged again: what cannot be
 * used cannot be approved, and the failure says why.
 */
export async function approveTool(deps: VerbDeps, tenant: TenantId, approval: Approval): Outcome<ToolView> {
  const found = await findServer(deps, tenant, approval.server);
  if (!found.ok) return found;
  const { kind = 'tool' } = approval;
  const pin = found.value.pins.find((one) => one.kind === kind && one.name === approval.tool);
  if (pin === undefined) return failure('registry.tool_unknown', `${approval.server} has no ${kind} of this name`);
  const shown = pin.offered ?? pin.candidate;
  if (approval.digest !== undefined && approval.digest !== shown.digest) {
    return failure('registry.tool.digest_differs', `it is ${shown.digest} now`);
  }
  return approve(deps, pin, approval.effect ?? pin.effect);
}

async function approve(deps: VerbDeps, pin: Pin, effect: Effect | null): Outcome<ToolView> {
  const shown = pin.offered ?? pin.candidate;
  // A name that is listed twice, and a definition too large to be kept, have a problem that judging them again would not see.
  if (shown.problem !== null && shown.problem.reason === 'registry.tool.definition_invalid')
    return failure(shown.problem.reason, shown.problem.detail);
  const candidate =
    shown.problem === null || pin.kind !== 'tool'
      ? shown
      : {
          ...(await judgeTool(deps.sandbox, shown.definition, shown.needsCapability)),
          ...(shown.takes === undefined ? {} : { takes: shown.takes }),
        };
  if (candidate.problem !== null) return failure(candidate.problem.reason, candidate.problem.detail);
  const approved: Pin = { ...pin, state: 'approved', effect, candidate, offered: null };
  const stored = await deps.store.putPin(approved);
  if (!stored.ok) return stored;
  deps.log.info(`registry.${pin.kind}.approved`, {
    server: pin.server,
    [pin.kind]: pin.name,
    was: pin.state,
    digest: candidate.digest,
    effect,
  });
  return success(viewTool(approved));
}
