import type { Command } from 'commander';
import { type CallLimits, type ServerDetail, serverDetail } from '../../admin/index.ts';
import type { Work } from '../commands/command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';

type Limit = Omit<CallLimits, 'tools'>;

interface LimitFlags {
  readonly tool?: string;
  readonly callsPerMinute?: string;
  readonly inFlight?: string;
  readonly inFlightPerPrincipal?: string;
}

const NONE: Limit = { callsPerMinute: null, inFlight: null, inFlightPerPrincipal: null };

export function withLimits(command: Command): Command {
  return command
    .argument('<id>')
    .description('what a server, or one tool of it, is asked at most; it holds from the next call on')
    .option('--tool <name>', 'one tool, as the server names it; without it the whole server')
    .option('--calls-per-minute <n>', 'requests of one principal in any 60 seconds; none takes the limit away')
    .option('--in-flight <n>', 'requests under way at once, of everybody')
    .option('--in-flight-per-principal <n>', 'requests under way at once, of one principal');
}

/** Changes what the flags name and leaves the rest as it is. */
export async function limitServer({ api, terminal }: Work, id: string, flags: LimitFlags): Promise<void> {
  const path = `/api/v1/servers/${encodeURIComponent(id)}`;
  const { limits: was } = await api.call('GET', path, serverDetail);
  const before: CallLimits = was ?? { ...NONE, tools: {} };
  const { tool } = flags;
  const whole = tool === undefined ? changed(before, flags) : before;
  const tools = tool === undefined ? before.tools : { ...before.tools, [tool]: changed(before.tools[tool] ?? NONE, flags) };
  const kept = Object.fromEntries(Object.entries(tools).filter(([, limit]) => !isNone(limit)));
  const next = { ...limitIn(whole), tools: kept };
  const limits = isNone(next) && Object.keys(kept).length === 0 ? null : next;
  const shown = await api.call('POST', `${path}/limits`, serverDetail, { limits });
  if (terminal.json) return terminal.printJson(shown);
  for (const line of limitLines(shown)) terminal.print(line);
  if (shown.limits === null) terminal.print(`${id} has no limits of its own; the rate of a principal holds as ever.`);
}

/** `calls a minute 10 · at once 4`, of the server and of each tool that has limits of its own. */
export function limitLines({ id, limits }: Pick<ServerDetail, 'id' | 'limits'>): readonly string[] {
  if (limits === null) return [];
  const whole = isNone(limits) ? [] : [`${id}: ${limitText(limits)}`];
  return [...whole, ...Object.entries(limits.tools).map(([tool, limit]) => `${id}__${sanitize(tool)}: ${limitText(limit)}`)];
}

export function limitText({ callsPerMinute, inFlight, inFlightPerPrincipal }: Limit): string {
  return [
    callsPerMinute === null ? null : `${callsPerMinute} a minute per principal`,
    inFlight === null ? null : `${inFlight} at once`,
    inFlightPerPrincipal === null ? null : `${inFlightPerPrincipal} at once per principal`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

const limitIn = ({ callsPerMinute, inFlight, inFlightPerPrincipal }: Limit): Limit => ({ callsPerMinute, inFlight, inFlightPerPrincipal });
const isNone = (limit: Limit): boolean => limitText(limit) === '';

function changed(was: Limit, { callsPerMinute, inFlight, inFlightPerPrincipal }: LimitFlags): Limit {
  const given = { callsPerMinute, inFlight, inFlightPerPrincipal };
  if (Object.values(given).every((value) => value === undefined))
    throw new CommandError(
      EXIT.usage,
      'Say what is limited: --calls-per-minute, --in-flight or --in-flight-per-principal, each a number or none.',
    );
  return {
    callsPerMinute: figure('--calls-per-minute', callsPerMinute, was.callsPerMinute),
    inFlight: figure('--in-flight', inFlight, was.inFlight),
    inFlightPerPrincipal: figure('--in-flight-per-principal', inFlightPerPrincipal, was.inFlightPerPrincipal),
  };
}

function figure(flag: string, text: string | undefined, was: number | null): number | null {
  if (text === undefined) return was;
  if (text === 'none') return null;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new CommandError(EXIT.usage, `${flag} takes a whole number from 1 on, or none.`);
  return Number(text);
}
