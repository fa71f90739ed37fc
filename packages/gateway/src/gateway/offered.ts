import { type Result, success } from '../base/result.ts';
import type { GatewayReason } from '../contracts/reasons/gateway.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Resource } from '../contracts/target.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { Call } from './exchange.ts';
import { denied } from './guard.ts';
import type { UpstreamSession } from './upstream/upstream.ts';

/** What the server offers differs from what was pinned: it is to be read again. */
export const DRIFTED: ReadonlySet<Reason> = new Set([
  'gateway.drifted_tool',
  'gateway.drifted_prompt',
  'gateway.drifted_template',
  'gateway.drifted_resource',
]);

/**
 * Why a target may not be asked for in this session, or null: what the server offers today must be what was pinned (rug pull between approval and
 * call), and a resource must be one that it lists or that an approved template makes.
 */
export function isOffered(call: Call, upstream: UpstreamSession): Deny | null | Promise<Deny | null> {
  const { target } = call;
  if (target.kind === 'tool') return drift(call, target.digest, upstream.peekPins('tool')?.get(target.name));
  if (target.kind === 'resource') return resourceOffered(call, target, upstream);
  const { kind } = target;
  return upstream.livePins(kind).then((live) => (live.ok ? drift(call, target.digest, live.value.get(target.name)) : denied(live)));
}

function drift(call: Call, digest: string, live: string | undefined): Deny | null {
  if (live === digest) return null;
  const reason = ({ tool: 'gateway.drifted_tool', prompt: 'gateway.drifted_prompt', template: 'gateway.drifted_template' } as const)[
    call.target.kind === 'resource' ? 'template' : call.target.kind
  ];
  const detail = live === undefined ? 'no longer offered' : `offered with digest ${live}`;
  return { verdict: 'deny', reason, detail, shown: shownName(call) };
}

async function resourceOffered(call: Call, target: Resource, upstream: UpstreamSession): Promise<Deny | null> {
  const found = await hasResource(call.exchange.snapshot, target, upstream);
  if (!found.ok) return denied(found);
  if (found.value === 'yes') return null;
  // To the reader it is one resource more that is not there; the template is read again.
  return found.value === 'no' ? unknownResource(call) : { ...unknownResource(call), reason: 'gateway.drifted_resource' };
}

/** Whether the server lists a resource now, or an approved template makes it and is still what was approved. */
export async function hasResource(
  snapshot: Snapshot,
  target: Resource,
  upstream: UpstreamSession,
): Promise<Result<'yes' | 'no' | 'drifted', GatewayReason>> {
  const listed = await upstream.lists(target.name);
  if (!listed.ok) return listed;
  if (listed.value) return success('yes');
  const template = target.template === null ? undefined : snapshot.templates.get(target.template);
  if (template === undefined) return success('no');
  const live = await upstream.livePins('template');
  if (!live.ok) return live;
  return success(live.value.get(template.name) === template.digest ? 'yes' : 'drifted');
}

export const unknownResource = (call: Call): Deny => ({
  verdict: 'deny',
  reason: 'gateway.unknown_resource',
  detail: 'the server does not have it',
  shown: shownName(call),
});

/** The target as the client named it. */
function shownName({ exchange: { frame } }: Call): string {
  const { params } = frame;
  if (params.kind === 'complete') return params.ref.type === 'prompt' ? params.ref.name : params.ref.uri;
  if (params.kind === 'read' || params.kind === 'subscribe') return params.uri;
  return params.kind === 'call' || params.kind === 'get' ? params.name : '';
}
