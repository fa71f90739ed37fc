import { serverLabel } from '../base/ids.ts';
import type { Gateway } from '../gateway/index.ts';
import { type Metrics, openMetrics } from '../telemetry/index.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** What a scrape is told, read from the rooms when it comes. */
export function metricsOf(rooms: Rooms, gateway: Gateway, draining: () => boolean): Metrics {
  return openMetrics({
    meter: rooms.meter,
    guards: gateway.times.guards,
    exchanges: gateway.times.exchanges,
    standing: () => {
      const { sequence, settings } = rooms.snapshots.current(TENANT);
      const { sessions, inFlight, listens } = gateway.figures();
      return {
        journalWritable: rooms.journal.writable,
        storageAvailable: rooms.storage.available,
        draining: draining(),
        backlog: rooms.journal.backlog,
        snapshot: sequence,
        deviations: settings.deviations.length,
        sessions,
        inFlight,
        listens,
        underWay: rooms.snapshots.tenants().flatMap((tenant) =>
          [...rooms.snapshots.current(tenant).servers.keys()].map((server) => ({
            server: serverLabel(tenant, server),
            count: gateway.underWay(tenant, server),
          })),
        ),
        upstreams: rooms.upstreams.status(),
      };
    },
  });
}
