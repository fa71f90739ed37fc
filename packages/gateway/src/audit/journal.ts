import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT, type TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Journal, JournalEntry, Receipt } from '../contracts/journal.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Backlog, JournalMeter } from '../contracts/meter.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';
import type { Mac, Sealer } from '../contracts/vault.ts';
import { JOURNAL_DEFAULTS, type JournalSettings } from './config.ts';
import { openRefusalFold, type RefusalFold } from './fold-refusals.ts';
import { type FollowRequest, follow } from './follow.ts';
import { type Opening, searchOf } from './holds-digest.ts';
import type { JournalFiles } from './journal-files.ts';
import { keyedDigests, valueDigest } from './keyed-digest.ts';
import type { Health } from './log-writer.ts';
import { type OpenLog, openLog } from './open-log.ts';
import { openRecord } from './open-record.ts';
import { MAX_PAGE, type Query, type QueryPage, queryLog } from './query.ts';
import { sealEntry } from './seal-entry.ts';
import type { StoredRecord } from './stored-record.ts';
import { type Verification, verifyLog } from './verify.ts';

export interface JournalDeps {
  /** Directory of the journal; a log has a directory of its own in it. Whoever opens the journal owns it alone. */
  readonly dir: string;
  readonly files: JournalFiles;
  readonly clock: Clock;
  /** Of purpose `audit`. */
  readonly sealer: Sealer;
  /** For keyed digests. */
  readonly mac: Mac;
  /** What an operator should read: `event` is dotted. */
  readonly report: (event: string, detail: string) => void;
  readonly settings?: Partial<JournalSettings>;
  readonly meter?: JournalMeter;
}

/** The room as others see it. */
export interface AuditRoom extends Journal {
  /** Names of the logs there are. */
  readonly logs: readonly TenantId[];
  /** Over all logs. */
  readonly backlog: Backlog;
  /** Why nothing can be recorded; null where it can. */
  readonly problem: AuditReason | null;
  /** Finds out whether records become durable, by a write where there was none for seconds: `problem` says it afterwards. Never fails. */
  probe(): Promise<void>;
  follow(log: TenantId, request: FollowRequest): Promise<Result<number, AuditReason>>;
  query(log: TenantId, query: Query): Promise<Result<QueryPage, AuditReason>>;
  verify(log: TenantId): Promise<Result<Verification, AuditReason>>;
  /** The sealed payload of a record; null where it has none. */
  open(record: StoredRecord): Result<JsonObject | null, VaultReason>;
  /** What `Query.value` takes: HMAC-SHA-256, hex, of a value of arguments in its RFC 8785 form. Null: it has none. */
  valueDigest(tenant: TenantId, value: JsonValue): string | null;
  /** Waits until everything appended is durable or refused, and closes the files. Later appends are refused. */
  close(): Promise<void>;
}

/** Opens every log under `dir`. Refuses, and changes nothing, where one of them is damaged. */
export async function openJournal(deps: JournalDeps): Promise<Result<AuditRoom, AuditReason>> {
  const room = new JournalRoom(deps);
  const opened = await room.openAll();
  if (opened.ok) return success(room);
  await room.close();
  return opened;
}

/** Also a directory name, so nothing that a path could be made of. */
export const LOG_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

class JournalRoom implements AuditRoom {
  readonly #deps: JournalDeps;
  readonly #settings: JournalSettings;
  readonly #health: Health = { poisoned: null };
  readonly #logs = new Map<TenantId, OpenLog>();
  readonly #refusals: RefusalFold;
  readonly #opening = new Map<TenantId, Promise<Result<OpenLog, AuditReason>>>();
  readonly #opener: Opening;
  #closed = false;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
    this.#opener = { open: (record) => this.open(record), keyed: keyedDigests(deps.mac) };
    this.#settings = { ...JOURNAL_DEFAULTS, ...deps.settings };
    this.#refusals = openRefusalFold({ append: (log, entry) => this.#appendUncounted(log, entry), clock: deps.clock });
  }

  get logs(): readonly TenantId[] {
    return [...this.#logs.keys()];
  }

  get writable(): boolean {
    return this.problem === null;
  }

  get problem(): AuditReason | null {
    if (this.#health.poisoned !== null) return 'audit.journal_poisoned';
    if (this.#closed) return 'audit.journal_unavailable';
    for (const { writer } of this.#logs.values()) if (writer.problem !== null) return writer.problem;
    return null;
  }

  async probe(): Promise<void> {
    await Promise.all([...this.#logs.values()].map(({ writer }) => writer.probe()));
  }

  get backlog(): Backlog {
    let [records, bytes] = [0, 0];
    for (const { writer } of this.#logs.values()) {
      records += writer.backlog.records;
      bytes += writer.backlog.bytes;
    }
    return { records, bytes };
  }

  async openAll(): Promise<Result<null, AuditReason>> {
    try {
      await this.#deps.files.makeDirectory(this.#deps.dir);
      const names = (await this.#deps.files.list(this.#deps.dir)).filter((name) => LOG_NAME.test(name));
      // The default tenant's log always exists: a disk that takes no record is found at the start, not at the first call.
      for (const name of new Set([DEFAULT_TENANT, ...names.sort()])) {
        const opened = await this.#open(name as TenantId);
        if (!opened.ok) return opened;
      }
      return success(null);
    } catch (error) {
      return failure('audit.journal_unavailable', String(error));
    }
  }

  append(log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    this.#deps.meter?.given(entry.record);
    return this.#appendUncounted(log, entry);
  }

  #appendUncounted(log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    const open = this.#logs.get(log);
    return open === undefined ? this.#appendToNew(log, entry) : this.#append(open, entry);
  }

  refuse(log: TenantId, key: string, entry: JournalEntry): Promise<Result<Receipt | null, AuditReason>> {
    this.#deps.meter?.given(entry.record);
    return this.#refusals.record(log, key, entry);
  }

  async follow(log: TenantId, request: FollowRequest): Promise<Result<number, AuditReason>> {
    const open = this.#logs.get(log);
    return open === undefined ? failure('audit.log_unknown', log) : this.#reading(() => follow(this.#deps.files, open, request));
  }

  async query(log: TenantId, query: Query): Promise<Result<QueryPage, AuditReason>> {
    const open = this.#logs.get(log);
    if (open === undefined) return failure('audit.log_unknown', log);
    const limit = Math.max(1, Math.min(query.limit, MAX_PAGE));
    return this.#reading(() => queryLog(this.#deps.files, open, searchOf(this.#opener, log, { ...query, limit })));
  }

  async verify(log: TenantId): Promise<Result<Verification, AuditReason>> {
    const open = this.#logs.get(log);
    if (open === undefined) return failure('audit.log_unknown', log);
    const { directory, writer } = open;
    return this.#reading(async () => success(await verifyLog({ files: this.#deps.files, directory, log, until: writer.end })));
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
    await Promise.all(this.#opening.values());
    await Promise.all([...this.#logs.values()].map((open) => open.writer.close()));
  }

  #append(open: OpenLog, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    const sealed = sealEntry(this.#deps.sealer, open.log, entry);
    return sealed.ok ? open.writer.append(sealed.value) : Promise.resolve(sealed);
  }

  async #appendToNew(log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    const opened = await this.#open(log);
    return opened.ok ? this.#append(opened.value, entry) : opened;
  }

  async #open(log: TenantId): Promise<Result<OpenLog, AuditReason>> {
    if (!LOG_NAME.test(log)) return failure('audit.log_unknown', 'a log is named by lower-case letters, digits and hyphens, 63 at most');
    if (this.#closed) return failure('audit.journal_unavailable', 'the journal is closed');
    const opening = this.#opening.get(log) ?? openLog({ ...this.#deps, settings: this.#settings, health: this.#health }, log);
    this.#opening.set(log, opening);
    const opened = await opening;
    this.#opening.delete(log);
    if (opened.ok) this.#logs.set(log, opened.value);
    return opened;
  }

  async #reading<T>(read: () => Promise<Result<T, AuditReason>>): Promise<Result<T, AuditReason>> {
    try {
      return await read();
    } catch (error) {
      return failure('audit.journal_unavailable', String(error));
    }
  }
}
