import type { ServerId } from '../../base/ids.ts';
import { failure, type Result } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { qualifyUri, splitUri } from '../../protocol/index.ts';
import type { Exchange } from '../exchange.ts';
import { hasResource } from '../offered.ts';
import { resourceOf } from '../resource-of.ts';
import { mayHear } from '../subscriptions.ts';
import type { Subscription } from '../upstream/upstream.ts';
import { reaches, visibleTo } from '../visible.ts';
import type { Works } from './works.ts';

/** One subscription a server, of this caller alone. Returns the URIs, as the client named them, that will be told of. */
export async function watchResources(
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
  const allowed = new Set(names.filter((name) => mayHear(snapshot, principal, id, name)));
  // Of a server that is shown, what is hidden is looked for like what is not there (`look-up.ts`).
  const shown = allowed.size > 0 || visibleTo(snapshot, principal).servers.has(id);
  if (server === undefined || !shown || !reaches(snapshot, id, frame.era)) return failure('gateway.unknown_resource');
  const upstream = await works.upstreams.acquire(server, frame.era, { principal, session: null, listener: null });
  if (!upstream.ok) return upstream;
  const there = await Promise.all(
    names.map(async (name) => {
      if (!allowed.has(name)) return upstream.value.lists(null).then(() => []);
      const found = await hasResource(snapshot, resourceOf(snapshot, server, name), upstream.value);
      return found.ok && found.value === 'yes' ? [name] : [];
    }),
  );
  const known = there.flat();
  return known.length === 0 ? failure('gateway.unknown_resource') : upstream.value.watchResources(known, onUpdated);
}
