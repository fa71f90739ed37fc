import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditRoom, openJournal, openPostgresJournal, systemFiles } from '../audit/index.ts';
import { random } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { JournalMeter } from '../contracts/meter.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { StartOptions, StorageChoice } from '../contracts/running.ts';
import type { Identity } from '../identity/index.ts';
import { claimSharedKey, hasSharedKey, openPostgres, openStorage, type Postgres, type Storage, secureDirectory } from '../storage/index.ts';
import { openVault, type Vault } from '../vault/index.ts';
import { openHighWater } from './high-water.ts';

type Opened<T> = Promise<Result<T, Reason>>;
/** What is closed at the end, in the other order. */
type Closing = (() => Promise<void> | void)[];

export interface Ground {
  readonly firstRun: boolean;
  readonly vault: Vault;
  readonly storage: Storage;
  /** What this gateway's connections to a shared database are called. */
  readonly name: string;
}

/** What everything stands on: the directory, its keys and the state, in the directory itself or in a database that gateways share. */
export async function openGround(options: StartOptions, clock: Clock, closing: Closing): Opened<Ground> {
  const directory = secureDirectory(options.data);
  if (!directory.ok) return directory;
  const name = `sallyport-${random(6).toString('hex')}`;
  return options.storage === undefined
    ? openOwn(options, clock, { closing, name })
    : openShared(options, options.storage, clock, { closing, name });
}

interface Opening {
  readonly closing: Closing;
  readonly name: string;
}

async function openOwn({ data, log, onLost }: StartOptions, clock: Clock, { closing, name }: Opening): Opened<Ground> {
  // Keys are made for an empty directory only: beside data that older keys sealed, new ones would hide the loss.
  const firstRun = !existsSync(join(data, 'state.db')) && !existsSync(join(data, 'journal'));
  const vault = openVault({ file: join(data, 'keys'), create: firstRun, random });
  if (!vault.ok) return vault;
  closing.push(() => vault.value.close());
  const key = vault.value.stateKey();
  const storage = await openStorage({ dir: data, key, clock, log, onLost: (why) => onLost?.(failure('storage.unavailable', why)) });
  key.fill(0);
  if (!storage.ok) return storage;
  closing.push(() => storage.value.close());
  return success({ firstRun, vault: vault.value, storage: storage.value, name });
}

async function openShared({ data, log }: StartOptions, { url }: StorageChoice, clock: Clock, { closing, name }: Opening): Opened<Ground> {
  if (existsSync(join(data, 'state.db')))
    return failure(
      'storage.data_in_use',
      `${data} holds the state of a gateway without PostgreSQL, which would be passed over. Name another data directory.`,
    );
  const storage = await openPostgres({ url, name, clock, log });
  if (!storage.ok) return storage;
  closing.push(() => storage.value.close());
  const used = await hasSharedKey(storage.value);
  if (!used.ok) return used;
  const file = join(data, 'keys');
  const vault = openVault({ file, create: !used.value, random });
  if (!vault.ok) return used.value && vault.reason === 'vault.key_file_missing' ? keysElsewhere(file) : vault;
  closing.push(() => vault.value.close());
  const key = vault.value.stateKey();
  const claimed = await claimSharedKey(storage.value, key, file);
  key.fill(0);
  if (!claimed.ok) return claimed;
  return success({ firstRun: !used.value, vault: vault.value, storage: storage.value, name });
}

const keysElsewhere = (file: string): Failure<Reason> =>
  failure(
    'vault.key_file_missing',
    `${file} is missing, and other gateways use this database. Copy "keys" and "admin.key" from the data directory of one of them, mode 0600.`,
  );

export interface AuditParts {
  readonly clock: Clock;
  readonly ground: Ground;
  readonly identity: Identity;
  readonly meter: JournalMeter & { readonly committedBytes: number };
}

export interface Audit {
  readonly journal: AuditRoom;
  /** See `HighWater.older`. */
  readonly older: string | null;
}

/** The journal, where the state is, and neither older than this gateway has seen it. */
export async function openAudit(options: StartOptions, parts: AuditParts, closing: Closing): Opened<Audit> {
  const { data, log, acceptChanged: accept = false } = options;
  const seen = await openHighWater({ data, storage: parts.ground.storage, log, accept });
  if (!seen.ok) return seen;
  const journal = await openLogs(options, parts);
  if (!journal.ok) return journal;
  closing.push(() => journal.value.close());
  const checked = await seen.value.check(journal.value);
  if (!checked.ok) return checked;
  seen.value.keep(journal.value, () => parts.meter.committedBytes);
  closing.push(() => seen.value.close());
  return success({ journal: journal.value, older: seen.value.older });
}

async function openLogs({ data, log }: StartOptions, { clock, ground, identity, meter }: AuditParts): Opened<AuditRoom> {
  const { storage, vault } = ground;
  const shared = {
    clock,
    sealer: vault.sealer('audit'),
    mac: vault.mac('audit'),
    meter,
    report: (event: string, detail: string) => log.warn(event, { detail }),
  };
  if (isShared(storage)) return openPostgresJournal({ ...shared, storage });
  const dir = join(data, 'journal');
  const lost = existsSync(dir) ? null : await journalLost(dir, identity);
  return lost ?? openJournal({ ...shared, dir, files: systemFiles });
}

const isShared = (storage: Storage): storage is Storage & { readonly postgres: Postgres } => storage.postgres !== null;

// No key was ever made without a record of it, so a directory that knows keys had a journal. A new one in its place would hide that it is gone.
async function journalLost(dir: string, identity: Identity): Promise<Failure<Reason> | null> {
  const keys = await identity.list(DEFAULT_TENANT);
  if (!keys.ok) return keys;
  if (keys.value.length === 0) return null;
  const detail = `${dir} is missing although this data directory was in use. Nothing was changed. To recover, put the folder back from a backup; \
to go on without its records, make an empty folder of that name with mode 0700.`;
  return failure('audit.journal_damaged', detail);
}
