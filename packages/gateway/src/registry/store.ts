import type { Kysely, Transaction } from 'kysely';
import type { ServerId, TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { CallLimits, Registration, ServerLabels } from '../contracts/registration.ts';
import type { Sealer } from '../contracts/vault.ts';
import { attempt, type Storage } from '../storage/index.ts';
import { type TransportText, transportText } from './hide-transport.ts';
import type { Pin } from './pin.ts';

interface ServerRow {
  readonly tenant: string;
  readonly id: string;
  readonly title: string;
  readonly transport: string;
  readonly sharing: string;
  readonly revisions: string;
  readonly enabled: number;
  readonly capabilities: string;
  readonly resources: string | null;
  readonly limits: string | null;
  readonly labels: string | null;
  readonly created_at: number;
}

interface PinRow {
  readonly tenant: string;
  readonly server: string;
  readonly kind: string;
  readonly name: string;
  readonly position: number;
  readonly state: string;
  readonly effect: string | null;
  readonly candidate: string;
  readonly offered: string | null;
  readonly gone: number;
}

interface Tables {
  readonly registry_server: ServerRow;
  readonly registry_pin: PinRow;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface Everything {
  readonly servers: readonly Registration[];
  readonly pins: readonly Pin[];
}

/** What another room writes in the same transaction, by the queries of its own store. */
export type AlsoWrite = (transaction: Transaction<unknown>) => Promise<void>;

export interface ServersChange {
  readonly puts: readonly { readonly registration: Registration; readonly pins: readonly Pin[] }[];
  readonly removals: readonly string[];
  readonly also: AlsoWrite | null;
}

export interface RegistryStore {
  servers(tenant: TenantId): Stored<readonly Registration[]>;
  server(tenant: TenantId, id: ServerId): Stored<Registration | null>;
  /** Pins of one server, or of all with null; in the order of lists. */
  pins(tenant: TenantId, server: ServerId | null): Stored<readonly Pin[]>;
  /** All servers and all pins as they stood at one moment: never a pin without its server. */
  everything(tenant: TenantId): Stored<Everything>;
  /** Writes a server and all its pins, as one. What it had before is gone. */
  putServer(registration: Registration, pins: readonly Pin[], now: number): Stored<void>;
  putPin(pin: Pin): Stored<void>;
  /** Writes and removes several servers with their pins, and what another room has to write with them, as one. */
  change(tenant: TenantId, change: ServersChange, now: number): Stored<void>;
  setEnabled(tenant: TenantId, id: ServerId, enabled: boolean): Stored<boolean>;
  /** Whether there is such a server. */
  setLimits(tenant: TenantId, id: ServerId, limits: CallLimits | null): Stored<boolean>;
  setLabels(tenant: TenantId, id: ServerId, labels: ServerLabels | null): Stored<boolean>;
  /** Whether there was one. */
  remove(tenant: TenantId, id: ServerId): Stored<boolean>;
}

/** @param sealer needed where the engine does not encrypt what it keeps */
export function openRegistryStore(storage: Storage, sealer?: Sealer): RegistryStore {
  const queries = storage.queries<Tables>();
  const text = transportText(storage, sealer);
  const change: RegistryStore['change'] = (tenant, wanted, now) =>
    attempt(() => changeServers(storage, tenant, wanted, (registration) => serverRow(registration, now, text)));
  return {
    servers: (tenant) => attempt(() => serversOf(queries, tenant, text)),
    server: (tenant, id) =>
      attempt(async () => {
        const row = await queries
          .selectFrom('registry_server')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .executeTakeFirst();
        return row === undefined ? null : serverOf(row, text);
      }),
    pins: (tenant, server) => attempt(() => pinsOf(queries, tenant, server)),
    everything: (tenant) =>
      attempt(() =>
        storage.transact<Tables, Everything>(async (moment) => ({
          servers: await serversOf(moment, tenant, text),
          pins: await pinsOf(moment, tenant, null),
        })),
      ),
    putServer: (registration, pins, now) => change(registration.tenant, { puts: [{ registration, pins }], removals: [], also: null }, now),
    putPin: (pin) =>
      attempt(async () => {
        const { tenant, server, kind, name, ...values } = pinRow(pin);
        await queries
          .updateTable('registry_pin')
          .set(values)
          .where('tenant', '=', tenant)
          .where('server', '=', server)
          .where('kind', '=', kind)
          .where('name', '=', name)
          .execute();
      }),
    change,
    setEnabled: (tenant, id, enabled) => attempt(() => setOf(queries, tenant, id, { enabled: enabled ? 1 : 0 })),
    setLimits: (tenant, id, limits) => attempt(() => setOf(queries, tenant, id, { limits: jsonText(limits) })),
    setLabels: (tenant, id, labels) => attempt(() => setOf(queries, tenant, id, { labels: jsonText(labels) })),
    remove: (tenant, id) =>
      attempt(() =>
        storage.transact<Tables, boolean>(async (transaction) => {
          await transaction.deleteFrom('registry_pin').where('tenant', '=', tenant).where('server', '=', id).execute();
          const removed = await transaction
            .deleteFrom('registry_server')
            .where('tenant', '=', tenant)
            .where('id', '=', id)
            .executeTakeFirstOrThrow();
          return Number(removed.numDeletedRows) > 0;
        }),
      ),
  };
}

/** Whether there is such a server. */
async function setOf(queries: Kysely<Tables>, tenant: TenantId, id: ServerId, values: Partial<ServerRow>): Promise<boolean> {
  const change = queries.updateTable('registry_server').set(values);
  const { numUpdatedRows } = await change.where('tenant', '=', tenant).where('id', '=', id).executeTakeFirstOrThrow();
  return Number(numUpdatedRows) > 0;
}

const jsonText = (said: CallLimits | ServerLabels | null): string | null => (said === null ? null : JSON.stringify(said));

async function serversOf(queries: Kysely<Tables>, tenant: TenantId, text: TransportText): Promise<readonly Registration[]> {
  const rows = await queries.selectFrom('registry_server').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map((row) => serverOf(row, text));
}

async function pinsOf(queries: Kysely<Tables>, tenant: TenantId, server: ServerId | null): Promise<readonly Pin[]> {
  const all = queries.selectFrom('registry_pin').selectAll().where('tenant', '=', tenant);
  const some = server === null ? all : all.where('server', '=', server);
  return (await some.orderBy('server').orderBy('position').orderBy('name').execute()).map(pinOf);
}

type RowOf = (registration: Registration) => ServerRow;

function changeServers(storage: Storage, tenant: TenantId, { puts, removals, also }: ServersChange, rowOf: RowOf): Promise<void> {
  return storage.transact<Tables, void>(async (transaction) => {
    for (const id of [...removals, ...puts.map(({ registration }) => registration.id)]) {
      await transaction.deleteFrom('registry_pin').where('tenant', '=', tenant).where('server', '=', id).execute();
      await transaction.deleteFrom('registry_server').where('tenant', '=', tenant).where('id', '=', id).execute();
    }
    for (const { registration, pins } of puts) {
      await transaction.insertInto('registry_server').values(rowOf(registration)).execute();
      for (const pin of pins) await transaction.insertInto('registry_pin').values(pinRow(pin)).execute();
    }
    await also?.(transaction as unknown as Transaction<unknown>);
  });
}

const serverRow = (registration: Registration, now: number, text: TransportText): ServerRow => ({
  tenant: registration.tenant,
  id: registration.id,
  title: registration.title,
  transport: text.write(registration),
  sharing: registration.sharing,
  revisions: JSON.stringify(registration.revisions),
  enabled: registration.enabled ? 1 : 0,
  capabilities: JSON.stringify(registration.capabilities),
  resources: registration.resources,
  limits: jsonText(registration.limits),
  labels: jsonText(registration.labels),
  created_at: now,
});

const serverOf = (row: ServerRow, text: TransportText): Registration => ({
  tenant: row.tenant as TenantId,
  id: row.id as ServerId,
  title: row.title,
  transport: text.read(row),
  sharing: row.sharing as Registration['sharing'],
  revisions: JSON.parse(row.revisions),
  capabilities: JSON.parse(row.capabilities),
  resources: row.resources as Registration['resources'],
  limits: row.limits === null ? null : JSON.parse(row.limits),
  labels: row.labels === null ? null : JSON.parse(row.labels),
  enabled: row.enabled === 1,
});

const pinRow = (pin: Pin): PinRow => ({
  tenant: pin.tenant,
  server: pin.server,
  kind: pin.kind,
  name: pin.name,
  position: pin.position,
  state: pin.state,
  effect: pin.effect,
  candidate: JSON.stringify(pin.candidate),
  offered: pin.offered === null ? null : JSON.stringify(pin.offered),
  gone: pin.gone ? 1 : 0,
});

const pinOf = (row: PinRow): Pin => ({
  tenant: row.tenant as TenantId,
  server: row.server as ServerId,
  kind: row.kind as Pin['kind'],
  name: row.name,
  position: row.position,
  state: row.state as Pin['state'],
  effect: row.effect as Pin['effect'],
  candidate: JSON.parse(row.candidate),
  offered: row.offered === null ? null : JSON.parse(row.offered),
  gone: row.gone === 1,
});
