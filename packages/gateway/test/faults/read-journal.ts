import { join } from 'node:path';
import { type StoredRecord, systemFiles, type Verification, verifyLog } from '../../src/audit/index.ts';
import { openRecord } from '../../src/audit/open-record.ts';
import { random } from '../../src/base/bytes.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { openVault } from '../../src/vault/index.ts';

/** What the journal of a data directory that nobody has open says of its calls; calls are named by the `text` of their arguments. */
export interface CallRecords {
  readonly records: number;
  /** Text of each call to how its outcome reads; null while it has none. */
  readonly calls: ReadonlyMap<string, string | null>;
  /** Exchange ids of refusals. */
  readonly refusals: ReadonlySet<string>;
  /** Index of each intent without outcome, and its call. */
  readonly open: ReadonlyMap<number, string>;
  readonly unknown: number;
  /** Intents whose arguments were recorded before: a call that was made twice. */
  readonly doubled: readonly string[];
  readonly damage: string | null;
}

/** Reads every record, leaves and payload digests included, opens the arguments with the audit key, and changes nothing. */
export async function readJournal(data: string): Promise<CallRecords> {
  return readWith(data, async (note) => {
    const deps = { files: systemFiles, directory: join(data, 'journal', DEFAULT_TENANT), log: DEFAULT_TENANT, until: null };
    return verifyLog(deps, note);
  });
}

type Verify = (note: (stored: StoredRecord) => void) => Promise<Pick<Verification, 'records' | 'damage'>>;

/** The calls of a log that `verify` hands over, record by record. @param data where the keys are */
export async function readWith(data: string, verify: Verify): Promise<CallRecords> {
  const vault = openVault({ file: join(data, 'keys'), create: false, random });
  if (!vault.ok) throw new Error(`${vault.reason}: ${vault.detail ?? ''}`);
  const sealer = vault.value.sealer('audit');
  const calls = new Map<string, string | null>();
  const open = new Map<number, string>();
  const refusals = new Set<string>();
  const doubled: string[] = [];
  let unknown = 0;
  const verified = await verify((stored) => {
    const { record, index } = stored;
    if (record.kind === 'refusal') refusals.add(record.id);
    if (record.kind === 'intent') {
      const opened = openRecord(sealer, stored);
      const text = opened.ok ? textIn(opened.value?.['arguments']) : `sealed ${record.id}`;
      if (calls.has(text)) doubled.push(text);
      calls.set(text, null);
      open.set(index, text);
    }
    if (record.kind !== 'outcome' || record.intent === undefined) return;
    const text = open.get(record.intent);
    if (text === undefined) doubled.push(`outcome of ${record.intent}`);
    else calls.set(text, record.status ?? '');
    open.delete(record.intent);
    if (record.status === 'unknown') unknown += 1;
  });
  vault.value.close();
  const damage = verified.damage === null ? null : JSON.stringify(verified.damage);
  return { records: verified.records, calls, refusals, open, unknown, doubled, damage };
}

const textIn = (given: unknown): string => String((given as { text?: unknown } | undefined)?.text);
