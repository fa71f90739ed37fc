import { join } from 'node:path';
import { type JournalFiles, type StoredRecord, verifyLog } from '../../src/audit/index.ts';

/** What the world outside the journal knows. */
export interface Witness {
  /** Receipts as `INDEX LEAF`: what the journal said was durable. */
  readonly acknowledged: Iterable<string>;
  /** Exchange ids that an upstream received. */
  readonly forwarded: Iterable<string>;
}

export interface JournalCheck {
  readonly records: number;
  /** Acknowledged and not there: must be empty. */
  readonly missing: readonly string[];
  /** Forwarded although no intent is there: must be empty. */
  readonly forwardedWithoutIntent: readonly string[];
  /** Ids whose intent has no outcome: empty once the journal was opened again. */
  readonly openIntents: readonly string[];
  /** Intents that recovery closed. */
  readonly closedAsUnknown: number;
  /** Indexes that are not one more than the one before. */
  readonly outOfOrder: readonly number[];
  readonly damage: string | null;
}

export const receiptLine = (receipt: { readonly index: number; readonly leaf: string }): string => `${receipt.index} ${receipt.leaf}`;

/** Reads one log of a journal's directory without changing it, and compares it with what the world outside knows. */
export async function checkJournal(files: JournalFiles, dir: string, log: string, witness: Witness): Promise<JournalCheck> {
  const seen = new Seen();
  const result = await verifyLog({ files, directory: join(dir, log), log, until: null }, (record) => seen.add(record));
  return {
    records: result.records,
    missing: [...witness.acknowledged].filter((line) => !seen.receipts.has(line)),
    forwardedWithoutIntent: [...witness.forwarded].filter((id) => !seen.intents.has(id)),
    openIntents: [...seen.open.values()],
    closedAsUnknown: seen.unknown,
    outOfOrder: seen.outOfOrder,
    damage: result.damage === null ? null : `${result.damage.segment} ${result.damage.offset} ${result.damage.problem}`,
  };
}

class Seen {
  readonly receipts = new Set<string>();
  readonly intents = new Set<string>();
  readonly open = new Map<number, string>();
  readonly outOfOrder: number[] = [];
  unknown = 0;
  #next = 0;

  add({ index, leaf, record }: StoredRecord): void {
    if (index !== this.#next) this.outOfOrder.push(index);
    this.#next = index + 1;
    this.receipts.add(receiptLine({ index, leaf }));
    if (record.kind === 'intent') {
      this.intents.add(record.id);
      this.open.set(index, record.id);
    }
    if (record.kind === 'outcome' && record.intent !== undefined) this.open.delete(record.intent);
    if (record.status === 'unknown') this.unknown++;
  }
}

/** One line for people and scripts. */
export const printCheck = (check: JournalCheck): string =>
  JSON.stringify({
    ...check,
    missing: check.missing.length,
    forwardedWithoutIntent: check.forwardedWithoutIntent.length,
    openIntents: check.openIntents.length,
    outOfOrder: check.outOfOrder.length,
  });
