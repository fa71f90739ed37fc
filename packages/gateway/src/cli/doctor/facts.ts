import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type Key, key, page, type Server, type Status, server, status, storedRecord } from '../../admin/index.ts';
import type { Api } from '../api.ts';

/** What is looked at: this machine, and the gateway where it answers. */
export interface Facts {
  /** Wall time here, in milliseconds. */
  readonly now: number;
  readonly node: string;
  /** The data directory, and what in it others can reach or own. */
  readonly data: { readonly path: string; readonly exists: boolean; readonly open: readonly string[] };
  /** How the gateway is started, for the commands that are proposed. */
  readonly start: string;
  /** Whether the gateway was reached through the data directory's socket: then its clock is this machine's. */
  readonly near: boolean;
  readonly gateway: GatewayFacts | null;
  /** Why it could not be asked, and the reason that it gave if it answered at all; null where it could. */
  readonly unasked: { readonly message: string; readonly reason: string | null } | null;
}

export interface GatewayFacts {
  readonly status: Status;
  readonly keys: readonly Key[];
  readonly servers: readonly Server[];
  /** The latest time that the newest records carry, in milliseconds; null where there is none. */
  readonly latestRecordAt: number | null;
  /** When the certificate of the endpoint ends; null for plain HTTP, or where it could not be seen. */
  readonly certificateEndsAt: number | null;
}

const HANDSHAKE_MS = 5000;
const ENTRIES = 10_000;

export async function askGateway(api: Api): Promise<GatewayFacts> {
  const shown = await api.call('GET', '/api/v1/status', status);
  const [keys, servers, records] = await Promise.all([
    api.call('GET', '/api/v1/keys', page(key)),
    api.call('GET', '/api/v1/servers', page(server)),
    api.call('GET', '/api/v1/log?limit=100', page(storedRecord)),
  ]);
  const url = new URL(shown.mcpUrl);
  return {
    status: shown,
    keys: keys.items,
    servers: servers.items,
    latestRecordAt: records.items.length === 0 ? null : Math.max(...records.items.map(({ record }) => record.time)),
    certificateEndsAt: url.protocol === 'https:' ? await certificateEnd(url) : null,
  };
}

/** What anybody who connects is shown. Nothing is sent, so the certificate need not be trusted to be read. */
function certificateEnd(url: URL): Promise<number | null> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false });
    const done = (endsAt: number | null): void => {
      socket.destroy();
      resolve(endsAt);
    };
    socket.setTimeout(HANDSHAKE_MS, () => done(null));
    socket.once('error', () => done(null));
    socket.once('secureConnect', () => {
      const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
      done(Number.isNaN(endsAt) ? null : endsAt);
    });
  });
}

/** The directory itself, and files of keys and stores in it, that others can reach or that belong to somebody else. */
export function openToOthers(path: string, uid: number): { readonly exists: boolean; readonly open: readonly string[] } {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { exists: false, open: [] };
  const open: string[] = [];
  const look = (file: string): void => {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found !== undefined && !found.isSocket() && !found.isSymbolicLink() && ((found.mode & 0o077) !== 0 || found.uid !== uid))
      open.push(file);
  };
  look(path);
  const names = stats.isDirectory() && (stats.mode & 0o500) !== 0 ? readdirSync(path).slice(0, ENTRIES) : [];
  // Servers write their own files there, which are theirs to protect.
  for (const name of names) if (/\.(key|keys|db|db-wal|db-shm)$|^(endpoint|socket|keys|journal)$/.test(name)) look(join(path, name));
  return { exists: true, open };
}
