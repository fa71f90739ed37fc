import { join } from 'node:path';
import type { PublicPart } from '@sallyport/ledger';
import type { Clock } from '../base/clock.ts';
import { type TenantId, ulid } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { JournalMeter } from '../contracts/meter.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import type { Sealer } from '../contracts/vault.ts';
import type { JournalSettings } from './config.ts';
import { describeDamage } from './damage.ts';
import type { OpenIntents } from './find-open-intents.ts';
import type { JournalFiles } from './journal-files.ts';
import { type Health, LogWriter } from './log-writer.ts';
import { type Recovered, recover } from './recover.ts';
import { sealEntry } from './seal-entry.ts';
import { segmentName } from './segment.ts';
import { Segments } from './segments.ts';

export interface OpenLogDeps {
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly settings: JournalSettings;
  readonly health: Health;
  /** The journal's directory; the log has one of its own in it. */
  readonly dir: string;
  /** A line for the operator. */
  readonly report: (event: string, detail: string) => void;
  readonly meter?: JournalMeter;
}

/** One tenant's log, open for writing. */
export interface OpenLog {
  readonly log: TenantId;
  readonly directory: string;
  readonly segments: Segments;
  readonly writer: LogWriter;
}

const CLOSED_AT_ONCE = 256;

/** Recovers a log and opens it in a new epoch. Its first new records close the intents that were left open; then one says that it was opened. */
export async function openLog(deps: OpenLogDeps, log: TenantId): Promise<Result<OpenLog, AuditReason>> {
  const directory = join(deps.dir, log);
  try {
    await deps.files.makeDirectory(directory);
    const recovered = await recover({ files: deps.files, directory, log, until: null }, deps.settings.checkAtOpenBytes);
    if (!recovered.ok) return failure('audit.journal_damaged', describeDamage(recovered.damage));
    const opened = await startWriter(deps, { log, directory }, recovered.value);
    const first = await recordOpening(deps, opened, recovered.value);
    if (!first.ok) await opened.writer.close();
    return first.ok ? success(opened) : first;
  } catch (error) {
    return failure('audit.journal_unavailable', String(error));
  }
}

async function startWriter(
  deps: OpenLogDeps,
  place: { readonly log: TenantId; readonly directory: string },
  found: Recovered,
): Promise<OpenLog> {
  const { files, clock, settings, health } = deps;
  const ready = async (number: number) => {
    const entry = found.entries.find((candidate) => candidate.number === number);
    return entry === undefined ? null : { entry, file: await files.open(join(place.directory, segmentName(number))) };
  };
  const used = found.entries.filter((entry) => entry.number <= found.segment);
  const segments = new Segments(
    { files, clock, directory: place.directory, tenant: place.log, segmentBytes: settings.segmentBytes },
    used,
    await ready(found.segment),
    await ready(found.segment + 1),
  );
  const writer = new LogWriter(
    { log: place.log, settings, segments, health, clock, meter: deps.meter ?? null, position: found.position },
    found.openIntents.keys(),
  );
  return { ...place, segments, writer };
}

async function recordOpening(deps: OpenLogDeps, opened: OpenLog, found: Recovered): Promise<Result<null, AuditReason>> {
  const { log, writer } = opened;
  if (found.tornBytes > 0) deps.report('audit.journal.cut', `${log}: ${found.tornBytes} bytes of an unfinished batch`);
  if (found.openIntents.size > 0) deps.report('audit.journal.closed_intents', `${log}: ${found.openIntents.size}`);
  writer.recovering = true;
  const closed = await appendAll(deps, opened, [...closings(deps.clock, found.openIntents)]);
  writer.recovering = false;
  if (!closed.ok) return closed;
  return appendAll(deps, opened, [openingRecord(deps.clock, log, found)]);
}

function* closings(clock: Clock, open: OpenIntents): Generator<PublicPart> {
  for (const [index, intent] of open) yield closing(clock.now(), index, intent);
}

/** The outcome of an intent that nobody knows the end of: what the intent said about itself. */
export function closing(now: number, index: number, intent: PublicPart): PublicPart {
  const { argumentsDigest: _arguments, sealed: _sealed, guards: _guards, decision: _decision, ...same } = intent;
  return { ...same, kind: 'outcome', time: now, intent: index, status: 'unknown', reason: 'audit.outcome_unknown' };
}

const openingRecord = (clock: Clock, log: TenantId, { position, tornBytes }: Recovered): PublicPart =>
  systemRecord(clock.now(), log, {
    action: 'audit.journal.opened',
    object: `epoch ${position.epoch}${tornBytes > 0 ? `, ${tornBytes} torn bytes cut off` : ''}`,
  });

/** What the journal says of itself in a log. */
export const systemRecord = (now: number, log: TenantId, what: { readonly action: string; readonly object: string }): PublicPart => ({
  v: 1,
  kind: 'system',
  tenant: log,
  id: ulid(now),
  time: now,
  via: 'gateway',
  ...what,
});

async function appendAll(deps: OpenLogDeps, opened: OpenLog, records: readonly PublicPart[]): Promise<Result<null, AuditReason>> {
  for (let i = 0; i < records.length; i += CLOSED_AT_ONCE) {
    const some = records.slice(i, i + CLOSED_AT_ONCE).map((record) => sealEntry(deps.sealer, opened.log, { record, secret: null }));
    const results = await Promise.all(some.map((sealed) => (sealed.ok ? opened.writer.append(sealed.value) : sealed)));
    const failed = results.find((result) => !result.ok);
    if (failed !== undefined && !failed.ok) return failed;
  }
  return success(null);
}
