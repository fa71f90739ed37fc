import { readdirSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditRoom } from '../audit/index.ts';
import type { Logger } from '../base/log.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import { type Mark, type MarkStore, openMark, type Position, type Storage } from '../storage/index.ts';
import { leafAt, newestOf } from './newest-record.ts';

const EVERY_MS = 30_000;
const LINE = /^sallyport high water v1 (\d{1,15}) (\d{1,15}) ([0-9a-f]{64}|-)\n$/;

/** What this gateway has seen of its state and its journal, kept apart from the state: a state that is put back whole from an older copy lies below. */
export interface HighWater {
  /** What is older than what was seen, in words; null where nothing is. */
  readonly older: string | null;
  /** The same of the journal, once it is open. */
  check(journal: AuditRoom): Promise<Result<null, Reason>>;
  /** Raises it from now on, while records are written. @param written counts what the journal wrote */
  keep(journal: AuditRoom, written: () => number): void;
  /** Raises it once more. */
  close(): Promise<void>;
}

export interface HighWaterOptions {
  readonly data: string;
  readonly storage: Storage;
  readonly log: Logger;
  /** True: what is older is taken as it is. */
  readonly accept: boolean;
}

/** `storage.rolled_back` where the state is older than what was seen. Nothing is changed then. */
export async function openHighWater({ data, storage, log, accept }: HighWaterOptions): Promise<Result<HighWater, Reason>> {
  const embedded = storage.engine === 'sqlite';
  // With the journal, so that who puts back the state alone leaves it where it is.
  const file = embedded ? join(data, 'journal', '.high-water') : join(data, 'high-water');
  const seen = readSeen(file);
  if (!seen.ok) return seen;
  const store = await openMark(storage);
  if (!store.ok) return store;
  const mark = await store.value.read();
  if (!mark.ok) return mark;
  const isOlder = (seen.value?.count ?? 0) > mark.value.count;
  if (isOlder && !accept) return rolledBack(embedded ? `${data}/state.db` : 'the database', file);
  // An empty folder in place of a lost journal is the operator's word that it is gone.
  const expected = embedded ? (isBegun(data) ? mark.value.position : null) : (seen.value?.position ?? null);
  return success(new Kept({ file, store: store.value, log, accept, expected, embedded, older: isOlder ? file : null }));
}

interface KeptOptions {
  readonly file: string;
  readonly store: MarkStore;
  readonly log: Logger;
  readonly accept: boolean;
  readonly expected: Position | null;
  readonly embedded: boolean;
  readonly older: string | null;
}

class Kept implements HighWater {
  readonly #options: KeptOptions;
  #older: string | null;
  #timer: NodeJS.Timeout | null = null;
  #raising: Promise<void> = Promise.resolve();
  #journal: AuditRoom | null = null;
  #written = 0;

  constructor(options: KeptOptions) {
    this.#options = options;
    this.#older = options.older;
  }

  get older(): string | null {
    return this.#older;
  }

  async check(journal: AuditRoom): Promise<Result<null, Reason>> {
    const { expected, accept, embedded, file } = this.#options;
    if (expected === null) return success(null);
    const leaf = await leafAt(journal, expected.index);
    if (!leaf.ok) return leaf;
    if (leaf.value === expected.leaf) return success(null);
    if (!accept) return embedded ? journalOlder(expected) : rolledBack('the database', file);
    this.#older = `record ${expected.index}`;
    return success(null);
  }

  keep(journal: AuditRoom, written: () => number): void {
    this.#journal = journal;
    this.#raising = this.#raise(true);
    this.#timer = setInterval(() => {
      if (written() === this.#written) return;
      this.#written = written();
      // Finding the newest record of a segment takes a while; the newest of a table does not.
      this.#raising = this.#raising.then(() => this.#raise(!this.#options.embedded));
    }, EVERY_MS).unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#raising;
    await this.#raise(true);
  }

  // What cannot be raised now is raised the next time: the state may be ahead of what was seen of it, and never behind.
  async #raise(withPosition: boolean): Promise<void> {
    const { store, file, log } = this.#options;
    try {
      const position = withPosition && this.#journal !== null ? await newestOf(this.#journal) : null;
      const count = await store.raise(position);
      if (count.ok) await write(file, { count: count.value, position });
    } catch (error) {
      log.warn('storage.mark_not_kept', { file, why: String(error) });
    }
  }
}

function readSeen(file: string): Result<Mark | null, Reason> {
  try {
    const found = LINE.exec(readFileSync(file, 'latin1').slice(0, 200));
    if (found === null)
      return failure('storage.damaged', `${file} cannot be read. Remove it if nothing else is wrong with this data directory.`);
    const [, count, index, leaf] = found;
    return success({ count: Number(count), position: leaf === '-' || leaf === undefined ? null : { index: Number(index), leaf } });
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return success(null);
    return failure('storage.permissions', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function write(file: string, { count, position }: Mark): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.write(`sallyport high water v1 ${count} ${position?.index ?? 0} ${position?.leaf ?? '-'}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

function isBegun(data: string): boolean {
  try {
    return readdirSync(join(data, 'journal')).some((name) => !name.startsWith('.'));
  } catch {
    return false;
  }
}

const ACCEPT = 'or take it as it is: sallyport serve --accept-changed-state';

const rolledBack = (what: string, file: string): Failure<Reason> =>
  failure(
    'storage.rolled_back',
    `${what} is older than what this gateway has seen of it (${file}): it was put back from a copy, or is another one. Keys that were revoked and \
grants that were taken back since would work again. To recover, put the newest copy back, ${ACCEPT}, and revoke again what was revoked.`,
  );

const journalOlder = ({ index }: Position): Failure<Reason> =>
  failure(
    'audit.journal_damaged',
    `journal default, record ${index}: the state has seen it, and it is missing or another one. The journal is older than the state. To recover, put the \
newest copy of the folder "journal" back, ${ACCEPT}.`,
  );
