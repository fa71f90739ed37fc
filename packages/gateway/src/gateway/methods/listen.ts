import type { ServerId } from '../../base/ids.ts';
import { failure, type Result } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { type ListenFilter, qualifyUri, splitUri } from '../../protocol/index.ts';
import type { Exchange } from '../exchange.ts';
import { hasResource } from '../offered.ts';
import { resourceOf } from '../resource-of.ts';
import { mayHear } from '../subscriptions.ts';
import type { ListName, Subscription } from '../upstream/upstream.ts';
import { reaches } from '../visible.ts';
import { recorded } from './answer-recorded.ts';
import { watchServers } from './watch-servers.ts';
import { type Handler, refuse, type Works } from './works.ts';

const NOTHING: ListenFilter = {
  toolsListChanged: false,
  promptsListChanged: false,
  resourcesListChanged: false,
  resourceSubscriptions: [],
};
const LIST_FLAGS = ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged'] as const;

/**
 * `subscriptions/listen` of 2026-07-28: acknowledged first, limited to what this gateway can tell of, ended with the caller's credential. What the
 * caller may not read is left out of the acknowledgement as what is not there.
 */
export const listen: Handler = async (exchange, answer, works) => {
  const { frame, principal } = exchange;
  const filter = frame.params.kind === 'listen' ? frame.params.filter : NOTHING;
  if (!works.listens.hasRoom(principal))
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 }, answer, works);
  if (!(await recorded(exchange, answer, works))) return;
  const watches: (() => void)[] = [];
  const endWatches = (): void => {
    for (const end of watches.splice(0)) end();
  };
  let gone = false;
  answer.onGone(() => {
    gone = true;
    endWatches();
  });
  const early = { lists: new Set<ListName>(), uris: new Set<string>() };
  let tellList = (list: ListName): void => void early.lists.add(list);
  let tell = (uri: string): void => void early.uris.add(uri);
  const flags = LIST_FLAGS.filter((flag) => filter[flag]);
  const watched = flags.length > 0 ? watchServers(exchange, works, (list) => tellList(list)) : null;
  if (watched !== null) watches.push(watched.end);
  const granted = await subscribeAll(exchange, filter.resourceSubscriptions, works, watches, (uri) => tell(uri));
  if (watched !== null) await within(OPEN_MS, watched.open);
  if (gone) return endWatches();
  const id = frame.id ?? '';
  const stream = works.listens.open(principal, id, filter, (onEnd) =>
    answer.stream(() => {
      endWatches();
      onEnd();
    }),
  );
  if (stream === null) {
    endWatches();
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 }, answer, works);
  }
  const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
  const say = (method: string, params: JsonObject): void =>
    void stream.send(JSON.stringify({ jsonrpc: '2.0', method: `notifications/${method}`, params: { ...params, _meta } }));
  const notifications = {
    ...Object.fromEntries(flags.map((flag) => [flag, true])),
    ...(filter.resourceSubscriptions.length > 0 ? { resourceSubscriptions: granted } : {}),
  };
  say('subscriptions/acknowledged', { notifications });
  tell = (uri) => say('resources/updated', { uri });
  tellList = (list) => (filter[`${list}ListChanged`] ? say(`${list}/list_changed`, {}) : undefined);
  watched?.acknowledged();
  for (const uri of early.uris) tell(uri);
  for (const list of early.lists) tellList(list);
};

/** How long the acknowledgement waits for servers to tell of their changes; what changes at those that are slower is told of once they do. */
const OPEN_MS = 1000;

function within(ms: number, wanted: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([wanted, promise]).finally(() => clearTimeout(timer));
}

/** One subscription a server, of this caller alone. Returns the URIs, as the client named them, that will be told of. */
async function subscribeAll(
  exchange: Exchange,
  uris: readonly string[],
  works: Works,
  watches: (() => void)[],
  tell: (uri: string) => void,
): Promise<readonly string[]> {
  const own = exchange.endpoint?.server ?? null;
  const named = [...new Set(uris)].map((uri) => ({ uri, of: own === null ? splitUri(uri) : { server: own, name: uri } }));
  const byServer = Map.groupBy(
    named.flatMap(({ uri, of }) => (of === null ? [] : [{ uri, ...of }])),
    ({ server }) => server,
  );
  const granted = await Promise.all(
    [...byServer].map(async ([server, wanted]) => {
      const onUpdated = (name: string): void => {
        const { principal } = exchange;
        if (!mayHear(works.snapshots.current(principal.tenant), principal, server, name)) return;
        if (wanted.some((one) => name === one.name || name.startsWith(`${one.name}/`)))
          tell(own === null ? qualifyUri(server, name) : name);
      };
      const told = await subscribeOne(
        exchange,
        server,
        wanted.map(({ name }) => name),
        works,
        onUpdated,
      );
      if (!told.ok) return [];
      watches.push(told.value.end);
      return wanted.filter(({ name }) => told.value.granted.includes(name)).map(({ uri }) => uri);
    }),
  );
  const all = new Set(granted.flat());
  return uris.filter((uri) => all.delete(uri));
}

async function subscribeOne(
  { frame, principal, snapshot }: Exchange,
  id: ServerId,
  names: readonly string[],
  works: Works,
  onUpdated: (name: string) => void,
): Promise<Result<Subscription, GatewayReason>> {
  const server = snapshot.servers.get(id);
  const allowed = names.filter((name) => mayHear(snapshot, principal, id, name));
  if (server === undefined || allowed.length === 0 || !reaches(snapshot, id, frame.era)) return failure('gateway.unknown_resource');
  const upstream = await works.upstreams.acquire(server, frame.era, { principal, session: null, listener: null });
  if (!upstream.ok) return upstream;
  const there = await Promise.all(
    allowed.map(async (name) => {
      const found = await hasResource(snapshot, resourceOf(snapshot, server, name), upstream.value);
      return found.ok && found.value === 'yes' ? [name] : [];
    }),
  );
  const known = there.flat();
  return known.length === 0 ? failure('gateway.unknown_resource') : upstream.value.watchResources(known, onUpdated);
}
