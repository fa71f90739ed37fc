import type { TenantId } from '../../base/ids.ts';
import type { PostgresLogWriter } from './log-writer.ts';
import { type TakeDeps, takeOver } from './take-log.ts';
import { isDead, unsettled, type WriterRow } from './writer-store.ts';

const LOOK_MS = 1000;
/** How often in a row the lock of a gateway has to be found free: its connection may have been cut, and it takes it again. */
const FREE_LOOKS = 3;

/** Looks for gateways that are gone and closes what they left open. */
export class Successor {
  readonly #deps: TakeDeps;
  readonly #writerOf: (log: string) => Promise<PostgresLogWriter | null>;
  readonly #free = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: TakeDeps, writerOf: (log: string) => Promise<PostgresLogWriter | null>) {
    this.#deps = deps;
    this.#writerOf = writerOf;
  }

  begin(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        // Where the database cannot be asked, nothing was learned: who was found gone is looked at anew.
        .catch(() => this.#free.clear())
        .finally(() => {
          if (!this.#closed) this.begin();
        });
    }, LOOK_MS).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { database, gateway } = this.#deps;
    const others = (await unsettled(database, null)).filter((row) => row.gateway !== gateway);
    const lost: WriterRow[] = [];
    for (const name of new Set(others.map((row) => row.gateway))) {
      const looks = (await isDead(database, name)) ? (this.#free.get(name) ?? 0) + 1 : 0;
      if (looks === 0) this.#free.delete(name);
      else this.#free.set(name, looks);
      lost.push(...others.filter((row) => row.gateway === name && (row.ended_index !== null || looks >= FREE_LOOKS)));
    }
    for (const name of this.#free.keys()) if (!others.some((row) => row.gateway === name)) this.#free.delete(name);
    for (const log of new Set(lost.map((row) => row.log)))
      await this.#succeed(
        log as TenantId,
        lost.filter((row) => row.log === log),
      );
  }

  async #succeed(log: TenantId, lost: readonly WriterRow[]): Promise<void> {
    // Opening a log closes what was left open in it.
    const writer = await this.#writerOf(log);
    if (writer === null || this.#closed) return;
    const taken = await takeOver(this.#deps, log, writer.epoch, lost);
    if (taken > 0) this.#deps.report('audit.journal.taken_over', `${log}: ${lost.map(({ epoch }) => `epoch ${epoch}`).join(', ')}`);
  }
}
