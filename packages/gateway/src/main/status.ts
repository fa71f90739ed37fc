import { VERSION } from '../base/version.ts';
import type { Registration } from '../contracts/registration.ts';
import type { RuntimeStatus, ServerStatus } from '../contracts/running.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Gateway } from '../gateway/index.ts';
import type { Missing } from './plant-seed.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface StatusParts {
  readonly rooms: Rooms;
  readonly gateway: Gateway;
  readonly startedAt: number;
  readonly dataDir: string;
  readonly mcpUrl: string;
  readonly adminUrl: string;
  readonly draining: boolean;
  readonly missing: Missing;
  readonly config: RuntimeStatus['config'];
  readonly dangers: RuntimeStatus['dangers'];
}

/** How the gateway stands now, for people and for `doctor`. */
export function statusOf({
  rooms,
  gateway,
  startedAt,
  dataDir,
  mcpUrl,
  adminUrl,
  draining,
  missing,
  config,
  dangers,
}: StatusParts): RuntimeStatus {
  const snapshot = rooms.snapshots.current(TENANT);
  const { rate, deviations } = snapshot.settings;
  return {
    version: VERSION,
    startedAt,
    mcpUrl,
    adminUrl,
    dataDir,
    snapshot: { sequence: snapshot.sequence, digest: snapshot.digest },
    journalWritable: rooms.journal.writable,
    draining,
    servers: [
      ...[...snapshot.servers.values()].map((server) => serverStatus(server, snapshot, rooms, gateway.circuits())),
      ...missing.filter((server) => ![...snapshot.servers.keys()].some((id) => id === server.id)),
    ],
    rate: { requestsPerMinute: rate.requestsPerMinute, burst: rate.burst },
    config,
    dangers,
    deviations: deviations.map(({ key, reason, until }) => ({ key, reason, until })),
    ...gateway.figures(),
  };
}

function serverStatus(server: Registration, snapshot: Snapshot, rooms: Rooms, circuits: ReturnType<Gateway['circuits']>): ServerStatus {
  const tools = [...snapshot.tools.values()].filter((tool) => tool.server === server.id);
  const offered = tools.filter((tool) => tool.state === 'approved');
  const rows = rooms.upstreams.status().filter((row) => row.server === server.id);
  const failing = rows.find((row) => row.state === 'failing');
  return {
    id: server.id,
    transport: server.transport.kind,
    sharing: server.sharing,
    state: server.enabled ? (failing ? 'failed' : 'ready') : 'disabled',
    tools: offered.filter((tool) => tool.needs.length === 0).length,
    pending: tools.length - offered.length,
    unreachable: offered.filter((tool) => tool.needs.length > 0).length,
    failuresLastHour: rows.reduce((sum, row) => sum + row.failuresLastHour, 0),
    circuit: circuits.get(server.id) ?? 'closed',
    note: failing?.detail ?? null,
  };
}
