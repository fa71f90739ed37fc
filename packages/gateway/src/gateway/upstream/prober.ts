import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Offer, Prober } from '../../contracts/prober.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';
import { type DialDeps, Dialer, nameOf } from './dial.ts';
import { Eras } from './era.ts';
import { readTools } from './live-tools.ts';

export interface ProberDeps extends Omit<DialDeps, 'startMs'> {
  readonly clock: Clock;
  readonly startMs?: number;
}

/** All that a client of 2025-11-25 can declare, so that a server shows every tool it has. Nothing of it is served. */
const ALL_CAPABILITIES: JsonObject = {
  roots: { listChanged: true },
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};

/** How long a probe of the stateless era waits: a stateful stdio server may never answer what it does not know. */
const MODERN_PROBE_MS = 5000;

interface Seen {
  readonly revisions: readonly string[];
  readonly serverInfo: JsonObject;
  readonly tools: readonly JsonObject[];
}

type Look = (era: Era, capabilities: JsonObject) => Promise<Result<Seen, GatewayReason>>;

/** Finds out what a server offers. Each look starts a disposable process of its own (stdio) and ends it again; nobody's session is touched. */
export function openProber(deps: ProberDeps): Prober {
  const eras = new Eras(deps.clock);
  const startMs = deps.startMs ?? LIMITS.startMs;
  return {
    probe: async (server) => {
      const dialer = new Dialer({ ...deps, startMs });
      try {
        return await survey(eras, server, (era, capabilities) => look(deps, dialer, { server, era, capabilities, startMs }));
      } finally {
        await dialer.close();
      }
    },
  };
}

async function survey(eras: Eras, server: Registration, lookAt: Look): Promise<Result<Offer, GatewayReason>> {
  const seen = new Map<Era, Seen>();
  // A registration that changed may reach another server: what was found out under the old one does not count.
  const name = `${nameOf(server)} ${JSON.stringify(server.transport)}`;
  const revisions = await eras.find(name, async (era) => {
    const result = await lookAt(era, {});
    if (!result.ok) return result;
    seen.set(era, result.value);
    return success(result.value.revisions);
  });
  if (!revisions.ok) return revisions;
  const bare: Seen[] = [];
  const full: Seen[] = [];
  for (const era of ['legacy', 'modern'] as const) {
    if (revisions.value[era].length === 0) continue;
    const first = seen.get(era) ?? null;
    const plain = first === null ? await lookAt(era, {}) : success(first);
    if (!plain.ok) return plain;
    bare.push(plain.value);
    if (era === 'modern') continue;
    const all = await lookAt(era, ALL_CAPABILITIES);
    if (!all.ok) return all;
    full.push(all.value);
  }
  return union(revisions.value, bare, full);
}

function union(revisions: Offer['revisions'], bare: readonly Seen[], full: readonly Seen[]): Result<Offer, GatewayReason> {
  const tools = new Map<string, Offer['tools'][number]>();
  for (const definition of bare.flatMap((seen) => seen.tools)) add(tools, definition, false);
  for (const definition of full.flatMap((seen) => seen.tools)) add(tools, definition, true);
  if (tools.size > LIMITS.toolsPerServer) return failure('gateway.upstream_too_large', `more than ${LIMITS.toolsPerServer} tools`);
  return success({ revisions, serverInfo: bare[0]?.serverInfo ?? {}, tools: [...tools.values()] });
}

// The first definition of a name stands: what differs from it later is a changed tool, which somebody has to approve.
function add(tools: Map<string, Offer['tools'][number]>, definition: JsonObject, needsCapability: boolean): void {
  const name = definition['name'] as string;
  if (!tools.has(name)) tools.set(name, { definition, needsCapability });
}

let probes = 0;

async function look(
  deps: ProberDeps,
  dialer: Dialer,
  what: { readonly server: Registration; readonly era: Era; readonly capabilities: JsonObject; readonly startMs: number },
): Promise<Result<Seen, GatewayReason>> {
  const { server, era, capabilities } = what;
  const startMs = era === 'modern' && server.transport.kind === 'stdio' ? Math.min(MODERN_PROBE_MS, what.startMs) : what.startMs;
  const events = { toolsChanged: () => {}, log: () => {} };
  probes += 1;
  const connection = await dialer.dial(server, era, `probe.${probes}.${nameOf(server)}`, {
    clock: deps.clock,
    capabilities,
    events,
    startMs,
  });
  if (!connection.ok) return connection;
  try {
    const tools = await readTools(connection.value, what.startMs);
    if (!tools.ok) return tools;
    const { revisions, serverInfo } = connection.value.facts;
    return success({ revisions, serverInfo, tools: tools.value });
  } finally {
    await connection.value.close();
  }
}
