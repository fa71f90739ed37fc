import { decodePublicPart, type PublicPart } from '@sallyport/ledger';
import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import type { Sealer } from '../../contracts/vault.ts';
import type { Connections, Querying } from '../../storage/index.ts';
import { readFrame } from '../frame.ts';
import { closing, systemRecord } from '../open-log.ts';
import { sealEntry } from '../seal-entry.ts';
import { findOpen, insertionOf, insertRecords, type ReadyRecord, type RecordRow, readAt } from './record-store.ts';
import { addWriter, endWriter, type HeadRow, isDead, lockHead, lockWriter, moveHead, unsettled, type WriterRow } from './writer-store.ts';

export interface TakeDeps {
  readonly database: Connections;
  readonly clock: Clock;
  readonly sealer: Sealer;
  /** This gateway, among those that write here. */
  readonly gateway: string;
  readonly report: (event: string, detail: string) => void;
}

const CLOSED_AT_ONCE = 256;

/** A record that no longer reads as one. */
export class DamagedRecord extends Error {}

/** Opens a log in a new epoch. What gateways that are gone left open is closed first, in the same transaction. @returns the epoch */
export function openEpoch(deps: TakeDeps, log: TenantId): Promise<{ readonly epoch: number; readonly index: number }> {
  return deps.database.transact(async (transaction) => {
    const dead = await lockDead(deps, transaction, await unsettled(transaction, log));
    const before = await lockHead(transaction, log);
    const epoch = before.epoch + 1;
    await addWriter(transaction, log, { ...before, epoch }, deps.gateway);
    const settled = await settleAll(deps, transaction, { dead, log, head: { ...before, epoch }, epoch });
    const opened = systemRecord(deps.clock.now(), log, { action: 'audit.journal.opened', object: `epoch ${epoch}` });
    const head = await place(deps, transaction, { log, epoch, head: settled, records: [opened] });
    await moveHead(transaction, log, head);
    return { epoch, index: head.next_index };
  });
}

/**
 * Closes, in our own epoch of a log, what another gateway left open that is gone. Its epoch has ended then: should it come back, nothing more is
 * taken from it. Nothing happens where it lives after all, or where our own epoch has ended.
 */
export function takeOver(deps: TakeDeps, log: TenantId, own: number, lost: readonly WriterRow[]): Promise<number> {
  return deps.database.transact(async (transaction) => {
    const mine = await lockWriter(transaction, log, own);
    if (mine === null || mine.ended_index !== null) return 0;
    const dead = await lockDead(deps, transaction, lost);
    if (dead.length === 0) return 0;
    const head = await settleAll(deps, transaction, { dead, log, head: await lockHead(transaction, log), epoch: own });
    const record = ({ epoch }: WriterRow) =>
      systemRecord(deps.clock.now(), log, { action: 'audit.journal.taken_over', object: `epoch ${epoch}` });
    await moveHead(transaction, log, await place(deps, transaction, { log, epoch: own, head, records: dead.map(record) }));
    return dead.length;
  });
}

/** Ends an epoch in good order. What it left open is closed by whoever opens the log next. */
export function endEpoch(database: Connections, log: TenantId, epoch: number, open: boolean): Promise<void> {
  return database.transact(async (transaction) => {
    const mine = await lockWriter(transaction, log, epoch);
    if (mine === null || mine.ended_index !== null) return;
    const head = await lockHead(transaction, log);
    await endWriter(transaction, mine, { index: head.next_index, settled: !open });
  });
}

// Rows of writers are always taken before the log's: appending does the same, so the two never wait for each other.
async function lockDead(deps: TakeDeps, transaction: Querying, candidates: readonly WriterRow[]): Promise<readonly WriterRow[]> {
  const dead: WriterRow[] = [];
  for (const { log, epoch, gateway, ended_index } of candidates) {
    const lives = ended_index === null && (gateway === deps.gateway || !(await isDead(transaction, gateway)));
    if (lives) continue;
    const row = await lockWriter(transaction, log, epoch);
    if (row !== null) dead.push(row);
  }
  return dead;
}

interface Settling {
  readonly dead: readonly WriterRow[];
  readonly log: TenantId;
  readonly head: HeadRow;
  /** In which the closing records are written. */
  readonly epoch: number;
}

async function settleAll(deps: TakeDeps, transaction: Querying, { dead, log, head, epoch }: Settling): Promise<HeadRow> {
  let next = head;
  for (const writer of dead) {
    const open = await findOpen(transaction, log, writer.epoch, writer.oldest_open);
    if (open.length > 0) deps.report('audit.journal.closed_intents', `${log}: ${open.length} of epoch ${writer.epoch}`);
    await endWriter(transaction, writer, { index: head.next_index, settled: true });
    for (let i = 0; i < open.length; i += CLOSED_AT_ONCE) {
      const records = await closings(deps.clock, transaction, log, open.slice(i, i + CLOSED_AT_ONCE));
      next = await place(deps, transaction, { log, epoch, head: next, records });
    }
  }
  return next;
}

/** The outcomes of intents that nobody knows the end of. */
export async function closings(clock: Clock, database: Querying, log: string, indexes: readonly number[]): Promise<readonly PublicPart[]> {
  return (await readAt(database, log, indexes)).map((row) => closing(clock.now(), row.index, publicPartOf(log, row)));
}

function publicPartOf(log: string, { index, frame }: RecordRow): PublicPart {
  const found = readFrame(frame, 0, frame.length);
  const record = found === null ? null : decodePublicPart(found.publicPart);
  if (record?.ok !== true) throw new DamagedRecord(`journal ${log}, record ${index} cannot be read`);
  return record.value;
}

interface Placing {
  readonly log: TenantId;
  readonly epoch: number;
  readonly head: HeadRow;
  readonly records: readonly PublicPart[];
}

async function place(deps: TakeDeps, transaction: Querying, { log, epoch, head, records }: Placing): Promise<HeadRow> {
  const insertion = insertionOf(records.map((record) => readyRecord(deps.sealer, log, record)));
  await insertRecords(transaction, { log, epoch, first: head.next_index }, insertion);
  return { ...head, next_index: head.next_index + insertion.count };
}

/** A record of our own, without a payload. */
export function readyRecord(sealer: Sealer, log: TenantId, record: PublicPart): ReadyRecord {
  const sealed = sealEntry(sealer, log, { record, secret: null });
  if (!sealed.ok) throw new Error(`a record of the journal itself was refused: ${sealed.reason}`);
  return { ...sealed.value, id: record.id };
}
