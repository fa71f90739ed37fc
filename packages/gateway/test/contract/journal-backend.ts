import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditRoom, systemFiles } from '../../src/audit/index.ts';
import { type Ground, journalDeps, opened, prepareGround } from '../faults/journal.ts';
import type { JournalBackend, JournalOptions } from './journal-suite.ts';

/** Segments in a directory of their own, with a real vault. */
export async function openSegments(): Promise<JournalBackend> {
  return new SegmentsBackend(prepareGround());
}

/** Owns the directory and every journal that it opened. */
class SegmentsBackend implements JournalBackend {
  readonly #ground: Ground;
  readonly #rooms: AuditRoom[] = [];
  #life = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async open({ backlogRecords, clock }: JournalOptions = {}): Promise<AuditRoom> {
    const deps = journalDeps(this.#ground.vault, systemFiles, this.#directory());
    const settings = { ...deps.settings, ...(backlogRecords === undefined ? {} : { backlogRecords }) };
    const room = await opened({ ...deps, settings, ...(clock === undefined ? {} : { clock }) });
    this.#rooms.push(room);
    return room;
  }

  /** A copy of the files at this moment is what a kill would leave; the first journal goes on, over files that nobody reads any more. */
  openAsAfterKill(): Promise<AuditRoom> {
    const left = this.#directory();
    this.#life += 1;
    cpSync(left, this.#directory(), { recursive: true });
    return this.open();
  }

  async clear(): Promise<void> {
    await Promise.all(this.#rooms.map((room) => room.close()));
    rmSync(this.#directory(), { recursive: true, force: true });
    this.#ground.clear();
  }

  #directory(): string {
    return join(this.#ground.directory, `journal-${this.#life}`);
  }
}
