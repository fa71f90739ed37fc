import { random } from '../../base/bytes.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { AuditReason } from '../../contracts/reasons/audit.ts';
import type { Postgres, Session } from '../../storage/index.ts';
import { holdLife } from './writer-store.ts';

const AGAIN_MS = 250;

/**
 * The lock that tells other gateways that this one lives. It belongs to a connection, so it falls with the process, and also with the connection:
 * then it is taken again. Whoever found it free meanwhile may have taken our logs over; the fence in each log's row decides, never this lock.
 */
export class Life {
  readonly gateway: string = random(12).toString('hex');
  readonly #postgres: Postgres;
  readonly #report: (event: string, detail: string) => void;
  #session: Session | null = null;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(postgres: Postgres, report: (event: string, detail: string) => void) {
    this.#postgres = postgres;
    this.#report = report;
  }

  async begin(): Promise<Result<null, AuditReason>> {
    try {
      await this.#take();
      return success(null);
    } catch (error) {
      return failure('audit.journal_unavailable', String(error));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#session?.close();
  }

  async #take(): Promise<void> {
    const session = await this.#postgres.session('life');
    if (this.#closed || !(await holdLife(session, this.gateway))) {
      await session.close();
      if (!this.#closed) throw new Error('another connection holds the lock of this gateway');
      return;
    }
    this.#session = session;
    session.onLost((why) => {
      this.#report('audit.journal.connection_lost', why);
      this.#session = null;
      this.#takeLater();
    });
  }

  #takeLater(): void {
    if (this.#closed || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.#take().catch(() => this.#takeLater());
    }, AGAIN_MS).unref();
  }
}
