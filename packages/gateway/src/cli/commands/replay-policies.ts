import { type ReplayReport, replayReport } from '../../admin/index.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readText } from '../read-text.ts';
import { sanitize } from '../render/sanitize.ts';
import { dateTime, readTime } from '../render/time.ts';
import type { Work } from './command.ts';

interface ReplayOptions {
  readonly config?: string;
  readonly instead: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly cursor?: string;
}

/** Ends with 1 where a call would be decided otherwise: what stands in a pipeline before a change should stop there. */
export async function replayPolicies({ api, terminal, now }: Work, files: readonly string[], options: ReplayOptions): Promise<void> {
  if (files.length > 0 === (options.config !== undefined))
    throw new CommandError(
      EXIT.usage,
      'Name .cedar files that are proposed, or a configuration: sallyport policy replay --config sallyport.yaml',
    );
  const times = { since: timeOf('since', options.since, now), until: timeOf('until', options.until, now) };
  const proposed =
    options.config === undefined
      ? { policies: files.map(readText).join('\n'), instead: options.instead }
      : { config: readText(options.config) };
  const report = await api.call('POST', '/api/v1/reports/replay', replayReport, {
    ...proposed,
    ...Object.fromEntries(Object.entries(times).filter(([, time]) => time !== null)),
    limit: Number(options.limit),
    ...(options.cursor === undefined ? {} : { cursor: Number(options.cursor) }),
  });
  if (terminal.json) terminal.printJson(report);
  else tell(report, terminal);
  if (report.changed > 0) throw new CommandError(EXIT.refused, `${report.changed} of ${report.replayed} calls would be decided otherwise.`);
}

function tell({ replayed, changed, skipped, changes, next }: ReplayReport, terminal: Work['terminal']): void {
  for (const one of changes) {
    terminal.print(`${dateTime(one.time)}  ${sanitize(one.name ?? one.principal)}  ${sanitize(one.target)}`);
    terminal.print(`  - now   ${one.now.outcome}${byOf(one.now)}`);
    terminal.print(`  + then  ${one.would.outcome}${byOf(one.would)}`);
    terminal.print(`    sallyport log show ${one.ref}`);
  }
  if (changed > changes.length) terminal.tell(`The ${changes.length} newest are shown.`);
  if (skipped > 0)
    terminal.tell(`${skipped} calls cannot be decided again: what they called is gone, or their record does not say enough.`);
  if (next !== null) terminal.tell(`There are older ones: repeat with --cursor ${next}`);
  if (changed === 0)
    terminal.print(
      replayed === 0 ? 'There is no call to decide again in that time.' : `All ${replayed} calls would be decided as they are now.`,
    );
}

function byOf({ policies }: ReplayReport['changes'][number]['now']): string {
  if (policies.length === 0) return ', no policy decided';
  return ` by ${policies.map(({ id, place }) => (place === null ? sanitize(id) : `${sanitize(id)} (${sanitize(place)})`)).join(', ')}`;
}

function timeOf(name: string, text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  const time = readTime(text, now);
  if (time === null)
    throw new CommandError(
      EXIT.usage,
      `--${name} ${sanitize(text)}: write 15m, 2h or 7d (that long ago), or a date and time such as 2026-11-21T10:00.`,
    );
  return time;
}
