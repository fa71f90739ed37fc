import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditRoom, openJournal, systemFiles } from '../audit/index.ts';
import { random } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import { openSnapshots, type Snapshots } from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { StartOptions } from '../contracts/running.ts';
import type { Upstreams } from '../gateway/index.ts';
import { openProber, openUpstreams, type Reaper, startReaper } from '../gateway/index.ts';
import { type Identity, openIdentity } from '../identity/index.ts';
import { type Grants, openGrants, openPolicyDocuments, type PolicyDocuments } from '../policy/index.ts';
import { type LargeReader, openLargeReader } from '../protocol/index.ts';
import { openRegistry, type Registry } from '../registry/index.ts';
import { openStorage, type Storage, secureDirectory } from '../storage/index.ts';
import { Meter } from '../telemetry/index.ts';
import { openVault, type Vault } from '../vault/index.ts';
import { type Configured, holdConfiguration, readFirst, withSecrets } from './configured.ts';

/** Every room of a data directory, built bottom up. `close` goes the other way. */
export interface Rooms {
  readonly firstRun: boolean;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly storage: Storage;
  readonly journal: AuditRoom;
  readonly meter: Meter;
  readonly configured: Configured;
  readonly identity: Identity;
  readonly grants: Grants;
  readonly documents: PolicyDocuments;
  readonly registry: Registry;
  readonly upstreams: Upstreams;
  readonly large: LargeReader;
  readonly snapshots: Snapshots;
  close(): Promise<void>;
}

type Opened<T> = Promise<Result<T, Reason>>;

export async function openRooms(options: StartOptions, clock: Clock): Opened<Rooms> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  const rooms = await build(options, clock, closing);
  if (rooms.ok) return success({ ...rooms.value, close });
  await close();
  return rooms;
}

async function build(options: StartOptions, clock: Clock, closing: (() => Promise<void> | void)[]): Opened<Omit<Rooms, 'close'>> {
  const { log, data } = options;
  const read = readFirst(options, clock.now());
  if (!read.ok) return read;
  const configured = holdConfiguration(read.value);
  const ground = await openGround(options, clock, closing);
  if (!ground.ok) return ground;
  const { vault, storage } = ground.value;
  const identity = await openIdentity({
    storage,
    mac: vault.mac('pepper'),
    clock,
    random,
    settings: () => configured.current().settings.keys,
    log,
  });
  if (!identity.ok) return identity;
  closing.push(() => identity.value.close());
  const meter = new Meter();
  const journal = await openAudit(options, { clock, vault, identity: identity.value, meter });
  if (!journal.ok) return journal;
  closing.push(() => journal.value.close());
  const grants = await openGrants({ storage, clock, log });
  if (!grants.ok) return grants;
  closing.push(() => grants.value.close());
  const documents = await openPolicyDocuments({ storage, clock });
  if (!documents.ok) return documents;
  const reaper = startReaper();
  closing.push(() => reaper.close());
  const dial = dialDeps(options, clock, reaper, log);
  const registry = await openRegistry({ storage, prober: withSecrets(openProber(dial), configured), clock, log });
  if (!registry.ok) return registry;
  closing.push(() => registry.value.close());
  const upstreams = openUpstreams(dial);
  closing.push(() => upstreams.close());
  const large = openLargeReader();
  closing.push(() => large.close());
  const snapshots = openSnapshots({ log });
  const { firstRun } = ground.value;
  return success({
    firstRun,
    clock,
    vault,
    storage,
    journal: journal.value,
    meter,
    configured,
    identity: identity.value,
    grants: grants.value,
    documents: documents.value,
    registry: registry.value,
    upstreams,
    large,
    snapshots,
    data,
  });
}

interface Ground {
  readonly firstRun: boolean;
  readonly vault: Vault;
  readonly storage: Storage;
}

/** What everything stands on: the directory, its keys and its state, in this order. */
async function openGround({ data, log, onLost }: StartOptions, clock: Clock, closing: (() => Promise<void> | void)[]): Opened<Ground> {
  const directory = secureDirectory(data);
  if (!directory.ok) return directory;
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
  return success({ firstRun, vault: vault.value, storage: storage.value });
}

async function openAudit(
  { data, log }: StartOptions,
  { clock, vault, identity, meter }: { readonly clock: Clock; readonly vault: Vault; readonly identity: Identity; readonly meter: Meter },
): Opened<AuditRoom> {
  const dir = join(data, 'journal');
  const lost = existsSync(dir) ? null : await journalLost(dir, identity);
  if (lost !== null) return lost;
  return openJournal({
    dir,
    files: systemFiles,
    clock,
    sealer: vault.sealer('audit'),
    mac: vault.mac('audit'),
    meter,
    report: (event, detail) => log.warn(event, { detail }),
  });
}

// No key was ever made without a record of it, so a directory that knows keys had a journal. A new one in its place would hide that it is gone.
async function journalLost(dir: string, identity: Identity): Promise<Failure<Reason> | null> {
  const keys = await identity.list(TENANT);
  if (!keys.ok) return keys;
  if (keys.value.length === 0) return null;
  const detail = `${dir} is missing although this data directory was in use. Nothing was changed. To recover, put the folder back from a backup; \
to go on without its records, make an empty folder of that name with mode 0700.`;
  return failure('audit.journal_damaged', detail);
}

function dialDeps({ surroundings, data }: StartOptions, clock: Clock, reaper: Reaper, log: Logger) {
  const { path, node, packages, lang } = surroundings;
  const onServerLog = (server: string, line: string): void => log.info('gateway.upstream.stderr', { server, line });
  return { path, node, packages, lang, clock, reaper, scratch: join(data, 'scratch'), onServerLog };
}

export const TENANT = DEFAULT_TENANT;
