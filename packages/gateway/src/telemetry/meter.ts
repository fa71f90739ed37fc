import { CALL_BOUNDS, Histogram, STEP_BOUNDS } from '../base/histogram.ts';
import { serverLabel } from '../base/ids.ts';
import type { JournalEntry } from '../contracts/journal.ts';
import type { JournalMeter } from '../contracts/meter.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import { Labelled } from './labelled.ts';

type Recorded = JournalEntry['record'];

/** Calls to one server. */
export interface ServerCalls {
  readonly byStatus: Labelled<{ n: number }>;
  /** Microseconds from the request's first byte to the outcome. */
  readonly times: Histogram;
}

/** Label values that are counted apart; what comes beyond shares one. Servers and reasons are fewer, and clients choose none of them. */
const SERVERS = 1000;
const REASONS = 500;
const FEW = 64;

const zero = (): { n: number } => ({ n: 0 });

/**
 * Counts what was recorded: the numbers and the log tell the same story. Labels come from the gateway's own tables (servers, reasons, methods,
 * kinds), never from a client, so that nobody can make the number of series grow.
 */
export class Meter implements JournalMeter {
  readonly records: Labelled<{ n: number }> = new Labelled(FEW, zero);
  readonly refusals: Labelled<{ n: number }> = new Labelled(REASONS, zero);
  readonly decisions: Labelled<{ n: number }> = new Labelled(FEW, zero);
  readonly methods: Labelled<{ n: number }> = new Labelled(FEW, zero);
  readonly servers: Labelled<ServerCalls> = new Labelled(SERVERS, () => ({
    byStatus: new Labelled(FEW, zero),
    times: new Histogram(CALL_BOUNDS),
  }));
  readonly failures: Labelled<{ n: number }> = new Labelled(REASONS, zero);
  /** Microseconds. */
  readonly commits: Histogram = new Histogram(STEP_BOUNDS);
  readonly batches: Histogram = new Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
  committedBytes = 0;

  given(record: Recorded): void {
    this.records.of(record.kind).n += 1;
    if (record.decision !== undefined) this.decisions.of(record.decision.effect).n += 1;
    if (record.kind === 'outcome') this.#outcome(record);
    else if (record.method !== undefined) this.methods.of(record.method).n += 1;
    if (record.status === 'refused' && record.reason !== undefined) this.refusals.of(record.reason).n += 1;
  }

  committed(records: number, bytes: number, ms: number): void {
    this.commits.add(ms * 1000);
    this.batches.add(records);
    this.committedBytes += bytes;
  }

  failed(records: number, reason: AuditReason): void {
    this.failures.of(reason).n += records;
  }

  #outcome({ tenant, server, status, durationUs }: Recorded): void {
    if (server === undefined) return;
    const calls = this.servers.of(serverLabel(tenant, server));
    calls.byStatus.of(status ?? 'unknown').n += 1;
    if (durationUs !== undefined) calls.times.add(durationUs);
  }
}
