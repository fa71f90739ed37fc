import type { Clock } from '../base/clock.ts';
import { type TenantId, ulid } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { type Result, success } from '../base/result.ts';
import type { Journal, JournalEntry, Receipt } from '../contracts/journal.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';

export interface RefusalFoldDeps {
  readonly append: Journal['append'];
  readonly clock: Clock;
  /** Keys that are counted apart; refusals of further keys share one count. */
  readonly maxKeys?: number;
}

/** Records refusals that an attacker can cause at will, so that they fill neither disk nor log and yet every one is counted (DESIGN section 4, "Refusals"). */
export interface RefusalFold {
  /**
   * Records a refusal, or counts it where its key (an address, a principal) had 60 in its minute. Null: counted; the record follows within a
   * minute or so.
   */
  record(log: TenantId, key: string, entry: JournalEntry): Promise<Result<Receipt | null, AuditReason>>;
  /** Writes the counts of the minutes that are over. Runs by itself every second. */
  sweep(): Promise<void>;
  /** Writes all counts and stops. Refused where the journal took not all of them. */
  close(): Promise<Result<null, AuditReason>>;
}

const MINUTE_MS = 60_000;
const SWEEP_MS = 1000;
const DEFAULT_KEYS = 10_000;
/** No address and no principal contains a line feed. */
const OVERFLOW_KEY = '\n';

interface Window {
  readonly log: TenantId;
  readonly overflow: boolean;
  /** Monotonic milliseconds. */
  readonly endsAt: number;
  recorded: number;
  folded: number;
  /** The first that was folded speaks for the others. */
  sample: JournalEntry | null;
  /** Null once they differ. */
  reason: string | null | undefined;
}

export function openRefusalFold(deps: RefusalFoldDeps): RefusalFold {
  return new Fold(deps);
}

class Fold implements RefusalFold {
  readonly #deps: RefusalFoldDeps;
  readonly #windows = new Map<string, Window>();
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<Result<null, AuditReason>> = Promise.resolve(success(null));

  constructor(deps: RefusalFoldDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  record(log: TenantId, key: string, entry: JournalEntry): Promise<Result<Receipt | null, AuditReason>> {
    const window = this.#window(log, key);
    if (window.recorded < LIMITS.refusalsRecordedPerMinute) {
      window.recorded++;
      return this.#deps.append(log, entry);
    }
    window.folded++;
    window.sample ??= entry;
    window.reason = window.folded === 1 || window.reason === entry.record.reason ? entry.record.reason : null;
    return Promise.resolve(success(null));
  }

  async sweep(): Promise<void> {
    await this.#flush((window) => window.endsAt <= this.#deps.clock.monotonic());
  }

  close(): Promise<Result<null, AuditReason>> {
    clearInterval(this.#timer);
    return this.#flush(() => true);
  }

  #window(log: TenantId, key: string): Window {
    const overflow = !this.#windows.has(`${log}\n${key}`) && this.#windows.size >= (this.#deps.maxKeys ?? DEFAULT_KEYS);
    const name = `${log}\n${overflow ? OVERFLOW_KEY : key}`;
    const known = this.#windows.get(name);
    const now = this.#deps.clock.monotonic();
    // One that is over and has nothing to count needs no sweep to make room for the next.
    if (known !== undefined && (known.endsAt > now || known.folded > 0)) return known;
    const endsAt = now + MINUTE_MS;
    const window: Window = { log, overflow, endsAt, recorded: 0, folded: 0, sample: null, reason: undefined };
    this.#windows.set(name, window);
    return window;
  }

  // One after the other, so that no count is written twice.
  #flush(isDue: (window: Window) => boolean): Promise<Result<null, AuditReason>> {
    this.#sweeping = this.#sweeping.then(() => this.#write(isDue));
    return this.#sweeping;
  }

  async #write(isDue: (window: Window) => boolean): Promise<Result<null, AuditReason>> {
    let outcome: Result<null, AuditReason> = success(null);
    for (const [name, window] of [...this.#windows]) {
      if (!isDue(window)) continue;
      this.#windows.delete(name);
      const written = window.sample === null ? success(null) : await this.#writeCount(window, window.sample);
      if (written.ok) continue;
      this.#keep(name, window);
      outcome = written;
    }
    return outcome;
  }

  #writeCount(window: Window, sample: JournalEntry): Promise<Result<Receipt, AuditReason>> {
    const now = this.#deps.clock.now();
    const { principal, credential, reason: _one, ...same } = sample.record;
    const who = window.overflow
      ? {}
      : { ...(principal === undefined ? {} : { principal }), ...(credential === undefined ? {} : { credential }) };
    const why = typeof window.reason === 'string' ? { reason: window.reason } : {};
    const record = { ...same, ...who, ...why, id: ulid(now), time: now, count: window.folded, action: 'audit.refusals.folded' };
    return this.#deps.append(window.log, { record, secret: window.overflow ? null : sample.secret });
  }

  // The journal did not take it: what it stands for is added to what came meanwhile, and tried again.
  #keep(name: string, window: Window): void {
    const newer = this.#windows.get(name);
    if (newer === undefined) {
      this.#windows.set(name, window);
      return;
    }
    newer.folded += window.folded;
    newer.sample ??= window.sample;
    if (newer.reason !== window.reason) newer.reason = null;
  }
}
