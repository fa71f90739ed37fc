import type { Clock } from '../../base/clock.ts';
import { DEFAULT_TENANT, type TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JournalEntry, Receipt } from '../../contracts/journal.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Backlog, JournalMeter } from '../../contracts/meter.ts';
import type { AuditReason } from '../../contracts/reasons/audit.ts';
import type { VaultReason } from '../../contracts/reasons/vault.ts';
import type { Mac, Sealer } from '../../contracts/vault.ts';
import { type Connections, migrate, type Postgres, type Storage, StorageError } from '../../storage/index.ts';
import { JOURNAL_DEFAULTS, type JournalSettings } from '../config.ts';
import { openRefusalFold, type RefusalFold } from '../fold-refusals.ts';
import type { FollowRequest } from '../follow.ts';
import { type Opening as PayloadOpening, searchOf } from '../holds-digest.ts';
import { type AuditRoom, LOG_NAME } from '../journal.ts';
import { keyedDigests, valueDigest } from '../keyed-digest.ts';
import { AUDIT_MIGRATIONS } from '../migrations/index.ts';
import { openRecord } from '../open-record.ts';
import { MAX_PAGE, type Query, type QueryPage } from '../query.ts';
import { sealEntry } from '../seal-entry.ts';
import type { StoredRecord } from '../stored-record.ts';
import type { Verification } from '../verify.ts';
import { followLog } from './follow-log.ts';
import { Life } from './life.ts';
import { type Opening, PostgresLogWriter } from './log-writer.ts';
import { queryTable } from './query-log.ts';
import { Successor } from './successor.ts';
import { DamagedRecord, openEpoch, type TakeDeps } from './take-log.ts';
import { verifyTable } from './verify-table.ts';
import { listLogs, readHead } from './writer-store.ts';

export interface PostgresJournalDeps {
  readonly storage: Storage & { readonly postgres: Postgres };
  readonly clock: Clock;
  /** Of purpose `audit`; every gateway on the database has the same key. */
  readonly sealer: Sealer;
  readonly mac: Mac;
  readonly report: (event: string, detail: string) => void;
  readonly settings?: Partial<JournalSettings>;
  readonly meter?: JournalMeter;
}

/** Connections of the journal alone, so that no other query makes a record wait. */
const CONNECTIONS = 4;
/** How long it is believed that the database cannot be reached, after a probe that failed. */
const PROBE_HOLDS_MS = 5000;

/** Opens the journal in the tables of a database that other gateways may write to as well. */
export async function openPostgresJournal(deps: PostgresJournalDeps): Promise<Result<AuditRoom, AuditReason>> {
  const migrated = await migrate(deps.storage, 'audit', AUDIT_MIGRATIONS);
  if (!migrated.ok) return failure('audit.journal_unavailable', `${migrated.reason}: ${migrated.detail ?? ''}`);
  const room = new PostgresJournalRoom(deps);
  const opened = await room.openAll();
  if (opened.ok) return success(room);
  await room.close();
  return opened;
}

class PostgresJournalRoom implements AuditRoom {
  readonly #deps: PostgresJournalDeps;
  readonly #settings: JournalSettings;
  readonly #database: Connections & { close(): Promise<void> };
  readonly #life: Life;
  readonly #take: TakeDeps;
  readonly #writers = new Map<TenantId, PostgresLogWriter>();
  readonly #opening = new Map<TenantId, Promise<Result<PostgresLogWriter, AuditReason>>>();
  readonly #refusals: RefusalFold;
  readonly #successor: Successor;
  readonly #opener: PayloadOpening;
  #unreachableUntil = 0;
  #closed = false;

  constructor(deps: PostgresJournalDeps) {
    this.#deps = deps;
    this.#opener = { open: (record) => this.open(record), keyed: keyedDigests(deps.mac) };
    this.#settings = { ...JOURNAL_DEFAULTS, ...deps.settings };
    this.#database = deps.storage.postgres.apart('journal', CONNECTIONS);
    this.#life = new Life(deps.storage.postgres, deps.report);
    this.#take = { ...deps, database: this.#database, gateway: this.#life.gateway };
    this.#refusals = openRefusalFold({ append: (log, entry) => this.#appendUncounted(log, entry), clock: deps.clock });
    this.#successor = new Successor(this.#take, (log) => this.#writer(log as TenantId));
  }

  get logs(): readonly TenantId[] {
    return [...this.#writers.keys()];
  }

  get writable(): boolean {
    return this.problem === null;
  }

  get problem(): AuditReason | null {
    if (this.#closed || this.#deps.clock.monotonic() < this.#unreachableUntil) return 'audit.journal_unavailable';
    for (const writer of this.#writers.values()) if (writer.problem !== null) return writer.problem;
    return null;
  }

  /** Asks the database: the next record would find out as well. */
  async probe(): Promise<void> {
    const head = await this.#reading(async () => success(await readHead(this.#database, DEFAULT_TENANT)));
    this.#unreachableUntil = head.ok ? 0 : this.#deps.clock.monotonic() + PROBE_HOLDS_MS;
  }

  get backlog(): Backlog {
    const each = [...this.#writers.values()].map((writer) => writer.backlog);
    return { records: each.reduce((sum, { records }) => sum + records, 0), bytes: each.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async openAll(): Promise<Result<null, AuditReason>> {
    const begun = await this.#life.begin();
    if (!begun.ok) return begun;
    const logs = await this.#reading(async () => success(await listLogs(this.#database)));
    if (!logs.ok) return logs;
    for (const log of new Set([DEFAULT_TENANT, ...logs.value])) {
      const opened = await this.#open(log as TenantId);
      if (!opened.ok) return opened;
    }
    this.#successor.begin();
    return success(null);
  }

  append(log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    this.#deps.meter?.given(entry.record);
    return this.#appendUncounted(log, entry);
  }

  async #appendUncounted(log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    const known = this.#writers.get(log);
    if (known !== undefined) return this.#append(known, log, entry);
    const opened = await this.#open(log);
    return opened.ok ? this.#append(opened.value, log, entry) : opened;
  }

  refuse(log: TenantId, key: string, entry: JournalEntry): Promise<Result<Receipt | null, AuditReason>> {
    this.#deps.meter?.given(entry.record);
    return this.#refusals.record(log, key, entry);
  }

  follow(log: TenantId, request: FollowRequest): Promise<Result<number, AuditReason>> {
    return this.#readingOf(log, (writer) => followLog(this.#database, log, writer, request));
  }

  query(log: TenantId, query: Query): Promise<Result<QueryPage, AuditReason>> {
    const limit = Math.max(1, Math.min(query.limit, MAX_PAGE));
    return this.#readingOf(log, async () => {
      const end = (await readHead(this.#database, log))?.next_index ?? 0;
      return queryTable(this.#database, { log, end }, searchOf(this.#opener, log, { ...query, limit }));
    });
  }

  verify(log: TenantId): Promise<Result<Verification, AuditReason>> {
    return this.#readingOf(log, async () => success(await verifyTable(this.#database, log)));
  }

  open(record: StoredRecord): Result<JsonObject | null, VaultReason> {
    return openRecord(this.#deps.sealer, record);
  }

  valueDigest(tenant: TenantId, value: JsonValue): string | null {
    return valueDigest(this.#opener.keyed, tenant, value);
  }

  async close(): Promise<void> {
    const counted = await this.#refusals.close();
    if (!counted.ok) this.#deps.report('audit.refusals.lost', counted.detail ?? counted.reason);
    this.#closed = true;
    await this.#successor.close();
    await Promise.all(this.#opening.values());
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await this.#life.close();
    await this.#database.close();
  }

  #append(writer: PostgresLogWriter, log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    const sealed = sealEntry(this.#deps.sealer, log, entry);
    return sealed.ok ? writer.append({ ...sealed.value, id: entry.record.id }) : Promise.resolve(sealed);
  }

  async #writer(log: TenantId): Promise<PostgresLogWriter | null> {
    const known = this.#writers.get(log) ?? (await this.#open(log));
    if (known instanceof PostgresLogWriter) return known;
    return known.ok ? known.value : null;
  }

  async #open(log: TenantId): Promise<Result<PostgresLogWriter, AuditReason>> {
    if (!LOG_NAME.test(log)) return failure('audit.log_unknown', 'a log is named by lower-case letters, digits and hyphens, 63 at most');
    if (this.#closed) return failure('audit.journal_unavailable', 'the journal is closed');
    const opening = this.#opening.get(log) ?? this.#reading(async () => success(await this.#start(log)));
    this.#opening.set(log, opening);
    const opened = await opening;
    this.#opening.delete(log);
    if (opened.ok) this.#writers.set(log, opened.value);
    return opened;
  }

  async #start(log: TenantId): Promise<PostgresLogWriter> {
    const { clock, sealer, report } = this.#deps;
    const reopen = (): Promise<Opening> => openEpoch(this.#take, log);
    const meter = this.#deps.meter ?? null;
    const deps = { log, database: this.#database, clock, sealer, settings: this.#settings, meter, report, reopen };
    return new PostgresLogWriter(deps, await reopen());
  }

  // A log that another gateway made is one of ours as well, from the first question about it.
  #readingOf<T>(log: TenantId, read: (writer: PostgresLogWriter) => Promise<Result<T, AuditReason>>): Promise<Result<T, AuditReason>> {
    return this.#reading(async () => {
      const known = this.#writers.get(log);
      if (known !== undefined) return read(known);
      if (!LOG_NAME.test(log) || (await readHead(this.#database, log)) === null) return failure('audit.log_unknown', log);
      const opened = await this.#open(log);
      return opened.ok ? read(opened.value) : opened;
    });
  }

  async #reading<T>(read: () => Promise<Result<T, AuditReason>>): Promise<Result<T, AuditReason>> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof DamagedRecord) return failure('audit.journal_damaged', error.message);
      if (error instanceof StorageError) return failure('audit.journal_unavailable', error.message);
      throw error;
    }
  }
}
