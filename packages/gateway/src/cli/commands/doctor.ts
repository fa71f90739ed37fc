import type { Command } from 'commander';
import { api } from '../api.ts';
import { connectionOf, type GlobalOptions, startOf } from '../connection.ts';
import { type Finding, findingsOf, type Gravity, limitsOf } from '../doctor/checks.ts';
import { askGateway, type Facts, type GatewayFacts, openToOthers } from '../doctor/facts.ts';
import { CommandError } from '../exit.ts';
import { type Screen, type Style, styleOf } from '../render/style.ts';
import { pad, wrap } from '../render/width.ts';
import type { Terminal } from '../terminal.ts';

export interface Examining {
  readonly terminalFor: (json: boolean) => Terminal;
  readonly now: () => number;
  readonly absolute: (path: string) => string;
  readonly uid: number;
  /** The version of Node that runs this. */
  readonly node: string;
  /** Ends the command with 1 once everything is printed. */
  readonly foundSomething: () => void;
}

export function doctorCommand(program: Command, examining: Examining): void {
  program
    .command('doctor')
    .description(
      'what is wrong with this machine and its gateway, worst first, each with the command that mends it; nothing where nothing is wrong',
    )
    .action(async (_options, command: Command) => examine(examining, command.optsWithGlobals<GlobalOptions>()));
}

async function examine(examining: Examining, options: GlobalOptions): Promise<void> {
  const terminal = examining.terminalFor(options.json);
  const facts = await factsOf(examining, options);
  const findings = findingsOf(facts);
  const limits = limitsOf(facts);
  if (findings.length > 0) examining.foundSomething();
  if (terminal.json) terminal.printJson({ findings, limits });
  else terminal.print(doctorScreen(findings, limits, terminal.screen));
}

async function factsOf({ now, absolute, uid, node }: Examining, options: GlobalOptions): Promise<Facts> {
  const path = absolute(options.data);
  const asked = await ask(options);
  return {
    now: now(),
    node,
    data: { path, ...openToOthers(path, uid) },
    start: startOf(options),
    near: options.url === undefined,
    gateway: 'message' in asked ? null : asked,
    unasked: 'message' in asked ? asked : null,
  };
}

/** The gateway's own account, or why there is none: then the rest is still looked at. */
async function ask(options: GlobalOptions): Promise<GatewayFacts | NonNullable<Facts['unasked']>> {
  try {
    return await askGateway(api(connectionOf(options)));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { reason } = error.facts;
    return { message: error.message, reason: typeof reason === 'string' ? reason : null };
  }
}

const COLOR: Readonly<Record<Gravity, (style: Style) => (text: string) => string>> = {
  broken: ({ bad }) => bad,
  danger: ({ bad }) => bad,
  soon: ({ warn }) => warn,
  note: ({ dim }) => dim,
};
const LABEL = 8;

/** In a pipe one finding a line: gravity, check, what, mend. */
export function doctorScreen(findings: readonly Finding[], limits: readonly string[], screen: Screen): string {
  const { width } = screen;
  if (width === null) {
    return [
      ...findings.map(({ gravity, check, what, mend }) => [gravity, check, what.replaceAll('\n', ' '), mend].join('\t')),
      ...limits.map((line) => `limit\t\t${line}\t`),
    ].join('\n');
  }
  const style = styleOf(screen);
  const room = Math.max(20, width - LABEL - 4);
  const indent = ' '.repeat(LABEL + 2);
  const lines = findings.flatMap(({ gravity, what, mend }) => [
    `  ${COLOR[gravity](style)(pad(gravity, LABEL))}${wrap(what.replaceAll('\n', ' '), room).join(`\n${indent}`)}`,
    // To be pasted, so never wrapped.
    `${indent}${style.bold(mend)}`,
    '',
  ]);
  const head = findings.length === 0 ? [`  ${style.good('Nothing is wrong.')}`, ''] : lines;
  return ['', ...head, ...limits.map((line) => style.dim(`  ${wrap(line, width - 4).join('\n  ')}`)), ''].join('\n');
}
