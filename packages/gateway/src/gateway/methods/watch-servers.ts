import type { ServerId } from '../../base/ids.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import type { Exchange } from '../exchange.ts';
import { sameServer } from '../upstream/slot-key.ts';
import type { ListName, Watching } from '../upstream/upstream.ts';
import { reaches, visibleTo } from '../visible.ts';
import type { Works } from './works.ts';

const LISTS: readonly ListName[] = ['tools', 'prompts', 'resources'];

/** `open` resolves once each server of the beginning tells of its changes. */
export interface WatchingAll extends Watching {
  /** The client relies on being told from now on: a server that is open later may have changed in between, so it is told of every list then. */
  acknowledged(): void;
}

/**
 * Watches every server that the caller sees at this endpoint, and those that it comes to see, until it is ended. `tell` hears at once of a list that
 * differs from what was known; what differs from the pins is hidden by then, and told again with the snapshot that says so.
 */
export function watchServers({ endpoint, principal, snapshot }: Exchange, works: Works, tell: (list: ListName) => void): WatchingAll {
  let acknowledged = false;
  const watched = new Map<ServerId, { readonly server: Registration; readonly watching: Watching }>();
  const end = (id: ServerId): void => {
    watched.get(id)?.watching.end();
    watched.delete(id);
  };
  const begin = (server: Registration): void => {
    const listChanged = (list: ListName, drifted: boolean): void => {
      if (drifted) works.onDrift(server.tenant, server.id);
      tell(list);
    };
    const listener = { listChanged, updated: () => undefined, log: () => undefined };
    const watching = works.upstreams.watch(server, 'modern', { principal, session: null, listener });
    watched.set(server.id, { server, watching });
    void watching.open.then(() => {
      if (acknowledged && watched.get(server.id)?.watching === watching) for (const list of LISTS) tell(list);
    });
  };
  const follow = (now: Snapshot): void => {
    if (now.tenant !== snapshot.tenant) return;
    const seen = [...visibleTo(now, principal).servers].flatMap((id) => now.servers.get(id) ?? []);
    const wanted = seen.filter(({ id }) => reaches(now, id, 'modern') && (endpoint?.server == null || endpoint.server === id));
    const same = new Set(wanted.filter((server) => stays(watched.get(server.id)?.server, server)).map(({ id }) => id));
    for (const id of watched.keys()) if (!same.has(id)) end(id);
    for (const server of wanted) if (!same.has(server.id)) begin(server);
  };
  follow(snapshot);
  const unfollow = works.snapshots.onChange(follow);
  return {
    open: Promise.all([...watched.values()].map(({ watching }) => watching.open)).then(() => undefined),
    acknowledged() {
      acknowledged = true;
    },
    end() {
      unfollow();
      for (const id of [...watched.keys()]) end(id);
    },
  };
}

const stays = (before: Registration | undefined, now: Registration): boolean => before !== undefined && sameServer(before, now);
