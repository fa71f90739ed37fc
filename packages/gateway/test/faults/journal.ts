import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditRoom, type JournalDeps, type JournalFiles, openJournal } from '../../src/audit/index.ts';
import { random } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { DEFAULT_TENANT, ulid } from '../../src/base/ids.ts';
import type { JournalEntry } from '../../src/contracts/journal.ts';
import { openVault, type Vault } from '../../src/vault/index.ts';

/** A directory that is removed at the end, and a real vault in it. */
export interface Ground {
  readonly directory: string;
  readonly vault: Vault;
  clear(): void;
}

export function prepareGround(): Ground {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-journal-'));
  const vault = openVault({ file: join(directory, 'keys'), create: true, random });
  if (!vault.ok) throw new Error(vault.detail ?? vault.reason);
  const clear = (): void => {
    vault.value.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { directory, vault: vault.value, clear };
}

/** Segments small enough that a test goes through many. */
export const SMALL = { segmentBytes: 16 * 1024, batchBytes: 8 * 1024, batchRecords: 16, batchTurns: 4 } as const;

export function journalDeps(vault: Vault, files: JournalFiles, dir: string): JournalDeps {
  return {
    dir,
    files,
    clock: systemClock,
    sealer: vault.sealer('audit'),
    mac: vault.mac('audit'),
    report: () => undefined,
    settings: SMALL,
  };
}

export async function opened(deps: JournalDeps): Promise<AuditRoom> {
  const room = await openJournal(deps);
  if (!room.ok) throw new Error(`${room.reason} ${room.detail ?? ''}`);
  return room.value;
}

export function intent(id: string, secret: object | null = { arguments: { path: `/${id}` } }): JournalEntry {
  return {
    record: {
      v: 1,
      kind: 'intent',
      tenant: DEFAULT_TENANT,
      id,
      time: systemClock.now(),
      principal: '01J8ZQ4Y7N0M3T5V9X2B6C8D1E',
      via: 'mcp',
      method: 'tools/call',
      revision: '2025-11-25',
      server: 'everything',
      tool: 'echo',
      decision: { effect: 'allow', policies: ['role-reader'], version: 'b2c1' },
      guards: [{ guard: 'authorize', verdict: 'pass', us: 3 }],
    },
    secret: secret === null ? null : Buffer.from(JSON.stringify(secret)),
  };
}

export function outcome(id: string, index: number): JournalEntry {
  const { record } = intent(id);
  return { record: { ...record, kind: 'outcome', intent: index, status: 'ok', durationUs: 812 }, secret: null };
}

export const newId = (): string => ulid(systemClock.now());
