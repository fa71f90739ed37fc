import type { AuditRoom, JournalFiles } from '../../src/audit/index.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import type { Vault } from '../../src/vault/index.ts';
import { checkJournal, receiptLine } from './check-journal.ts';
import { Disk, seeded } from './disk.ts';
import { intent, journalDeps, newId, opened, outcome } from './journal.ts';

const DIR = '/journal';

/** The build of the journal under test: how it sees the disk. */
export type Build = (disk: JournalFiles) => JournalFiles;

/** Power losses on each disk. */
export const LOSSES_PER_SEED = 2;

interface World {
  readonly acknowledged: string[];
  readonly forwarded: string[];
}

/** What was wrong after the power losses of each seed from 1 on; empty where nothing was. A seed repeats its run exactly. */
export async function surviveAll(vault: Vault, seeds: number, build: Build): Promise<readonly string[]> {
  const problems = await Promise.all(Array.from({ length: seeds }, (_, i) => new Machine(vault, build, i + 1).survive()));
  return problems.flatMap((problem) => (problem === null ? [] : [problem]));
}

class Machine {
  readonly #vault: Vault;
  readonly #build: Build;
  readonly #seed: number;
  readonly #random: () => number;
  readonly #world: World = { acknowledged: [], forwarded: [] };

  constructor(vault: Vault, build: Build, seed: number) {
    this.#vault = vault;
    this.#build = build;
    this.#seed = seed;
    this.#random = seeded(seed);
  }

  /** One power loss after the other on one disk; null where the journal came through. */
  async survive(): Promise<string | null> {
    const random = this.#random;
    let content = new Map<string, Buffer>();
    for (let round = 1; round <= LOSSES_PER_SEED; round++) {
      const disk = new Disk(random, { powerLossAt: 1 + Math.floor(random() * 120) }, content);
      const failed = await Promise.race([disk.powerLoss.then(() => null), this.#work(this.#build(disk)).catch(String)]);
      if (typeof failed === 'string') return `seed ${this.#seed}, round ${round}: ${failed}`;
      content = disk.survivors();
    }
    return this.#check(content);
  }

  async #check(content: ReadonlyMap<string, Buffer>): Promise<string | null> {
    const disk = new Disk(seeded(this.#seed), {}, content);
    try {
      await (await opened(journalDeps(this.#vault, disk, DIR))).close();
    } catch (error) {
      return `seed ${this.#seed}: ${String(error)}`;
    }
    const found = await checkJournal(disk, DIR, DEFAULT_TENANT, this.#world);
    const lists = [found.missing, found.forwardedWithoutIntent, found.openIntents, found.outOfOrder].flat();
    return lists.length === 0 && found.damage === null ? null : `seed ${this.#seed}: ${JSON.stringify(found)}`;
  }

  // Callers at once, each with its intent, the forwarding that it permits, and its outcome. A recovery that the power cut short fails nothing.
  async #work(files: JournalFiles): Promise<void> {
    const room = await opened(journalDeps(this.#vault, files, DIR));
    await Promise.all(Array.from({ length: 1 + Math.floor(this.#random() * 12) }, () => this.#call(room)));
  }

  async #call(room: AuditRoom): Promise<void> {
    const random = this.#random;
    for (;;) {
      const id = newId();
      const size = random() < 0.1 ? 3000 : 20;
      const before = await room.append(DEFAULT_TENANT, intent(id, random() < 0.3 ? null : { text: 'x'.repeat(size) }));
      if (!before.ok) throw new Error(before.reason);
      this.#world.acknowledged.push(receiptLine(before.value));
      this.#world.forwarded.push(id);
      if (random() < 0.2) continue;
      const after = await room.append(DEFAULT_TENANT, outcome(id, before.value.index));
      if (!after.ok) throw new Error(after.reason);
      this.#world.acknowledged.push(receiptLine(after.value));
    }
  }
}
