import type { ServerId } from '../../base/ids.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Pin, PinKind, Target } from '../../contracts/target.ts';
import type { Deny, GuardVerdict } from '../../contracts/verdict.ts';
import { type CompletionReference, qualifyName, qualifyUri, splitUri, taskSupportOf } from '../../protocol/index.ts';
import type { With } from '../exchange.ts';
import { denied, type Guard } from '../guard.ts';
import type { LookUp } from '../look-up.ts';
import { mayHoldTasks, meetsNeeds, runsTasks, TASKS_UNDECLARED } from '../reverse/capabilities.ts';
import type { Tasks } from '../reverse/tasks.ts';
import { pinsOf, reaches, type VisibleKind, visibleTo } from '../visible.ts';
import { resolveResource } from './resolve-resource.ts';

type Known = With<'endpoint' | 'principal' | 'frame' | 'budget'>;
type Resolved = GuardVerdict<Target | null>;

/** Which tool, prompt, template or resource is meant. What the caller may not discover is looked up like what does not exist, and answered like it. */
export function resolveTarget(tasks: Tasks, lookUp: LookUp): Guard<'endpoint' | 'principal' | 'frame' | 'budget', 'target'> {
  return {
    name: 'resolve-target',
    needs: ['endpoint', 'principal', 'frame', 'budget'],
    adds: 'target',
    check(exchange) {
      const { endpoint, frame, principal, snapshot } = exchange;
      if (endpoint === null) return { verdict: 'deny', reason: 'http.not_found' };
      const { server } = endpoint;
      if (server !== null && !visibleTo(snapshot, principal).servers.has(server)) return unknownServer(exchange, server);
      if (server !== null && !reaches(snapshot, server, frame.era)) return otherEra(exchange, server);
      if (frame.params.kind === 'task') return resolveTask(exchange, frame.params.taskId, server, tasks);
      return resolve(exchange, frame.params, server, lookUp);
    },
  };
}

function resolve(exchange: Known, params: Known['frame']['params'], server: ServerId | null, lookUp: LookUp): Resolved | Promise<Resolved> {
  switch (params.kind) {
    case 'call':
      return asTask(exchange, resolvePin(exchange, 'tool', server === null ? params.name : qualifyName(server, params.name), params.name));
    case 'get':
      return resolvePin(exchange, 'prompt', server === null ? params.name : qualifyName(server, params.name), params.name);
    case 'complete':
      return resolveReference(exchange, params.ref, server);
    case 'read':
    case 'subscribe':
      return resolveResource(
        exchange,
        { of: server === null ? splitUri(params.uri) : { server, name: params.uri }, shown: params.uri },
        lookUp,
      );
    default:
      return { verdict: 'pass', fact: null };
  }
}

/** Every request about a task is one about its tool: who may not discover that any more does not know the task either. */
async function resolveTask(
  { frame, principal, snapshot }: Known,
  taskId: string,
  server: ServerId | null,
  tasks: Tasks,
): Promise<Resolved> {
  if (!mayHoldTasks(frame)) return TASKS_UNDECLARED;
  const found = await tasks.find(taskId, principal, frame.session?.id ?? null);
  if (!found.ok) return denied(found);
  const task = found.value;
  const tool = task === null ? undefined : visibleTo(snapshot, principal).tool.byQualifiedName.get(task.qualifiedName);
  if (task === null || tool === undefined || (server !== null && task.server !== server) || task.era !== frame.era)
    return { verdict: 'deny', reason: 'gateway.unknown_task', detail: taskId.slice(0, 100) };
  return { verdict: 'pass', fact: tool };
}

/** 2025-11-25 says of each tool whether it may, must or must not run as a task; the stateless era leaves it to the server. */
function asTask({ frame, snapshot }: Known, resolved: Resolved): Resolved {
  if (resolved.verdict !== 'pass' || resolved.fact?.kind !== 'tool' || frame.era === 'modern') return resolved;
  const wished = frame.params.kind === 'call' && frame.params.task !== undefined;
  const support = runsTasks(snapshot.servers.get(resolved.fact.server)) ? taskSupportOf(resolved.fact.definition) : 'forbidden';
  if (wished && support === 'forbidden')
    return { verdict: 'deny', reason: 'gateway.task_not_supported', detail: resolved.fact.qualifiedName };
  if (!wished && support === 'required') return { verdict: 'deny', reason: 'gateway.task_required', detail: resolved.fact.qualifiedName };
  return resolved;
}

function resolveReference(exchange: Known, ref: CompletionReference, server: ServerId | null): Resolved {
  return ref.type === 'prompt'
    ? resolvePin(exchange, 'prompt', server === null ? ref.name : qualifyName(server, ref.name), ref.name)
    : resolvePin(exchange, 'template', server === null ? ref.uri : qualifyUri(server, ref.uri), ref.uri);
}

const UNKNOWN: Readonly<Record<PinKind, { readonly hidden: GatewayReason; readonly unknown: GatewayReason }>> = {
  tool: { hidden: 'gateway.hidden_tool', unknown: 'gateway.unknown_tool' },
  prompt: { hidden: 'gateway.hidden_prompt', unknown: 'gateway.unknown_prompt' },
  template: { hidden: 'gateway.hidden_template', unknown: 'gateway.unknown_template' },
};

function resolvePin({ frame, principal, snapshot }: Known, kind: PinKind, qualified: string, shown: string): Resolved {
  const visible: VisibleKind<Pin> = visibleTo(snapshot, principal)[kind];
  const pin = visible.byQualifiedName.get(qualified);
  // What needs more than this client declared does not exist for it.
  if (pin && reaches(snapshot, pin.server, frame.era) && meetsNeeds(pin, snapshot.servers.get(pin.server), frame))
    return { verdict: 'pass', fact: pin };
  // One look-up in either case: the journal tells hidden from unknown, the wire and the clock do not.
  const reason = UNKNOWN[kind][pinsOf(snapshot, kind).has(qualified) ? 'hidden' : 'unknown'];
  const hidden = visible.hidden.get(qualified);
  const decided = hidden === undefined ? {} : { decided: { action: 'discover', ...hidden } as const };
  return { verdict: 'deny', reason, detail: qualified, shown, ...decided };
}

/** Eras are not translated: who asks one server is told which revisions it speaks (MCP 2026-07-28, versioning). */
function otherEra({ frame, snapshot }: With<'frame'>, id: ServerId): Deny {
  const speaks = Object.values(snapshot.servers.get(id)?.revisions ?? {}).flat();
  return {
    verdict: 'deny',
    reason: 'gateway.other_era',
    detail: `${id} speaks ${speaks.join(', ')}`,
    shown: frame.revision,
    supported: speaks,
  };
}

function unknownServer({ snapshot }: With<'frame'>, server: ServerId): Deny {
  return { verdict: 'deny', reason: snapshot.servers.has(server) ? 'gateway.hidden_server' : 'gateway.unknown_server', detail: server };
}
