import type { Querying } from '../../storage/index.ts';

/** A gateway's turn at a log, from its opening to its end. */
export interface WriterRow {
  readonly log: string;
  readonly epoch: number;
  readonly gateway: string;
  readonly sequence: number;
  readonly oldest_open: number;
  /** The index at which it ended; null while it may append. */
  readonly ended_index: number | null;
}

export interface HeadRow {
  readonly next_index: number;
  readonly epoch: number;
}

// The schema is part of the name, because locks belong to the whole database.
const LIFE = `hashtextextended('sallyport:gateway:' || current_schema() || ':' || $1, 0)`;

/** Takes the lock that stands for a gateway's life, for as long as the connection lives. False where another connection has it. */
export const holdLife = (session: Querying, gateway: string): Promise<boolean> => lock(session, `pg_try_advisory_lock(${LIFE})`, gateway);

/** Whether nobody holds it; then it is held until the transaction ends, which outside one is at once. */
export const isDead = (database: Querying, gateway: string): Promise<boolean> =>
  lock(database, `pg_try_advisory_xact_lock(${LIFE})`, gateway);

async function lock(database: Querying, taking: string, gateway: string): Promise<boolean> {
  const { rows } = await database.query<{ got: boolean }>({ text: `select ${taking} as got`, values: [gateway] });
  return rows[0]?.got === true;
}

export async function listLogs(database: Querying): Promise<readonly string[]> {
  return (await database.query<{ log: string }>({ text: 'select log from journal_log order by log' })).rows.map(({ log }) => log);
}

/** Where a log goes on, or null where there is none. */
export async function readHead(database: Querying, log: string): Promise<HeadRow | null> {
  const text = 'select next_index, epoch from journal_log where log = $1';
  return (await database.query<HeadRow>({ name: 'journal-head', text, values: [log] })).rows[0] ?? null;
}

/** Makes the log where there is none and takes its row: nobody appends until the transaction ends. */
export async function lockHead(transaction: Querying, log: string): Promise<HeadRow> {
  await transaction.query({ text: 'insert into journal_log values ($1, 0, 0) on conflict do nothing', values: [log] });
  const text = 'select next_index, epoch from journal_log where log = $1 for update';
  const [head] = (await transaction.query<HeadRow>({ text, values: [log] })).rows;
  if (head === undefined) throw new Error('a log is gone while it is opened');
  return head;
}

export const moveHead = (transaction: Querying, log: string, { next_index, epoch }: HeadRow): Promise<unknown> =>
  transaction.query({ text: 'update journal_log set next_index = $2, epoch = $3 where log = $1', values: [log, next_index, epoch] });

export const addWriter = (transaction: Querying, log: string, { next_index, epoch }: HeadRow, gateway: string): Promise<unknown> =>
  transaction.query({
    text: 'insert into journal_writer values ($1, $2, $3, $4, 0, $4, null, 0)',
    values: [log, epoch, gateway, next_index],
  });

const COLUMNS = 'log, epoch, gateway, sequence, oldest_open, ended_index';

/** Epochs whose open intents are not closed: those that live, and those that ended before they were. Of one log, or of all with null. */
export async function unsettled(database: Querying, log: string | null): Promise<readonly WriterRow[]> {
  const text = `select ${COLUMNS} from journal_writer where settled = 0 and ($1::text is null or log = $1) order by log, epoch`;
  return (await database.query<WriterRow>({ text, values: [log] })).rows;
}

export async function readWriter(database: Querying, log: string, epoch: number): Promise<WriterRow | null> {
  const text = `select ${COLUMNS} from journal_writer where log = $1 and epoch = $2`;
  return (await database.query<WriterRow>({ text, values: [log, epoch] })).rows[0] ?? null;
}

/** Takes the row of an epoch: a batch of it that is under way ends first, and none begins until the transaction ends. */
export async function lockWriter(transaction: Querying, log: string, epoch: number): Promise<WriterRow | null> {
  const text = `select ${COLUMNS} from journal_writer where log = $1 and epoch = $2 and settled = 0 for update`;
  return (await transaction.query<WriterRow>({ text, values: [log, epoch] })).rows[0] ?? null;
}

/** Ends an epoch for good. `settled`: nothing of it is open. */
export const endWriter = (
  transaction: Querying,
  { log, epoch }: Pick<WriterRow, 'log' | 'epoch'>,
  end: { readonly index: number; readonly settled: boolean },
): Promise<unknown> =>
  transaction.query({
    text: 'update journal_writer set ended_index = coalesce(ended_index, $3), settled = $4 where log = $1 and epoch = $2',
    values: [log, epoch, end.index, end.settled ? 1 : 0],
  });

/** When each epoch of a log began and ended, for its verification. */
export async function listEpochs(
  database: Querying,
  log: string,
): Promise<readonly { readonly epoch: number; readonly opened_index: number; readonly ended_index: number | null }[]> {
  const text = 'select epoch, opened_index, ended_index from journal_writer where log = $1 order by epoch';
  return (await database.query<{ epoch: number; opened_index: number; ended_index: number | null }>({ text, values: [log] })).rows;
}
