import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Offer, Offered, Prober } from '../../contracts/prober.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { ClientNeed, Era, PinKind } from '../../contracts/target.ts';
import { declares, isObject, TASKS_EXTENSION } from '../../protocol/index.ts';
import { type DialDeps, Dialer, nameOf } from './dial.ts';
import { Eras } from './era.ts';
import { LISTS, readList } from './live-lists.ts';

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
  readonly era: Era;
  readonly capabilities: JsonObject;
  readonly lists: Readonly<Record<PinKind, readonly JsonObject[]>>;
}

const KINDS: readonly PinKind[] = ['tool', 'prompt', 'template'];

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
  const single = new Map<ClientNeed, Seen>();
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
    for (const need of showsMore(plain.value, all.value) ? CLIENT_NEEDS : []) {
      const alone = await lookAt(era, { [need]: ALL_CAPABILITIES[need] ?? {} });
      // Not found out: then all are asked for, which shows such a tool to fewer.
      if (alone.ok) single.set(need, alone.value);
    }
  }
  return union(revisions.value, bare, full, single);
}

const CLIENT_NEEDS: readonly ClientNeed[] = ['sampling', 'elicitation', 'roots'];

const showsMore = (bare: Seen, full: Seen): boolean => KINDS.some((kind) => full.lists[kind].length > bare.lists[kind].length);

type Single = ReadonlyMap<ClientNeed, Seen>;

/** The capability with which alone a server lists it. */
function takesOf(single: Single, kind: PinKind, definition: JsonObject): { readonly takes?: ClientNeed } {
  const key = LISTS[kind].name;
  for (const [need, seen] of single) if (seen.lists[kind].some((listed) => listed[key] === definition[key])) return { takes: need };
  return {};
}

function union(revisions: Offer['revisions'], bare: readonly Seen[], full: readonly Seen[], single: Single): Result<Offer, GatewayReason> {
  const offered = new Map<PinKind, readonly Offered[]>();
  for (const kind of KINDS) {
    const { most, member } = LISTS[kind];
    const items = new Map<string, Offered>();
    for (const seen of bare) for (const definition of seen.lists[kind]) add(items, kind, { definition, needsCapability: false });
    for (const seen of full)
      for (const definition of seen.lists[kind])
        add(items, kind, { definition, needsCapability: true, ...takesOf(single, kind, definition) });
    if (items.size > most) return failure('gateway.upstream_too_large', `more than ${most} ${member}`);
    offered.set(kind, [...items.values()]);
  }
  const capabilities = (era: Era): JsonObject => boundedCapabilities(bare.find((seen) => seen.era === era)?.capabilities ?? {});
  return success({
    revisions,
    serverInfo: bare[0]?.serverInfo ?? {},
    capabilities: { legacy: capabilities('legacy'), modern: capabilities('modern') },
    tools: offered.get('tool') ?? [],
    prompts: offered.get('prompt') ?? [],
    templates: offered.get('template') ?? [],
  });
}

/** What the gateway relays of a server's capabilities, and no word of the server's own. */
function boundedCapabilities(said: JsonObject): JsonObject {
  const flags = (name: string, ...known: readonly string[]): JsonObject => {
    const given = said[name];
    if (!isObject(given)) return {};
    return { [name]: Object.fromEntries(known.filter((flag) => given[flag] === true).map((flag) => [flag, true])) };
  };
  return {
    ...flags('tools', 'listChanged'),
    ...flags('prompts', 'listChanged'),
    ...flags('resources', 'listChanged', 'subscribe'),
    ...flags('completions'),
    ...flags('logging'),
    ...(declares(said, [['tasks', 'requests', 'tools', 'call']]) ? { tasks: { requests: { tools: { call: {} } } } } : {}),
    ...(declares(said, [['extensions', TASKS_EXTENSION]]) ? { extensions: { [TASKS_EXTENSION]: {} } } : {}),
  };
}

// The first definition of a name stands: what differs from it later is a changed one, which somebody has to approve.
function add(items: Map<string, Offered>, kind: PinKind, offered: Offered): void {
  const name = offered.definition[LISTS[kind].name] as string;
  if (!items.has(name)) items.set(name, offered);
}

let probes = 0;

async function look(
  deps: ProberDeps,
  dialer: Dialer,
  what: { readonly server: Registration; readonly era: Era; readonly capabilities: JsonObject; readonly startMs: number },
): Promise<Result<Seen, GatewayReason>> {
  const { server, era, capabilities } = what;
  const startMs = era === 'modern' && server.transport.kind === 'stdio' ? Math.min(MODERN_PROBE_MS, what.startMs) : what.startMs;
  const events = {
    listChanged: () => {},
    watching: () => {},
    renewed: () => {},
    updated: () => {},
    acknowledged: () => {},
    log: () => {},
    ask: null,
    elicited: () => {},
    taskStatus: () => {},
    task: () => {},
  };
  probes += 1;
  const connection = await dialer.dial(server, era, `probe.${probes}.${nameOf(server)}`, {
    clock: deps.clock,
    capabilities,
    events,
    startMs,
  });
  if (!connection.ok) return connection;
  try {
    const lists: Partial<Record<PinKind, readonly JsonObject[]>> = {};
    for (const kind of KINDS) {
      const items = await readList(connection.value, kind, what.startMs);
      if (!items.ok) return items;
      lists[kind] = items.value;
    }
    const { revisions, serverInfo, capabilities: said } = connection.value.facts;
    const { tool = [], prompt = [], template = [] } = lists;
    return success({ era, revisions, serverInfo, capabilities: said, lists: { tool, prompt, template } });
  } finally {
    await connection.value.close();
  }
}
