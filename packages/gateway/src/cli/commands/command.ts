import type { Command } from 'commander';
import { type Api, api } from '../api.ts';
import { connectionOf, type GlobalOptions } from '../connection.ts';
import type { Adding } from '../servers/adding.ts';
import type { Terminal } from '../terminal.ts';

/** What every command of the API works with. */
export interface Work {
  readonly api: Api;
  readonly terminal: Terminal;
  readonly now: number;
}

export interface Surroundings {
  /** What `servers add` takes from here. */
  readonly adding: Adding;
  readonly terminalFor: (json: boolean) => Terminal;
  readonly now: () => number;
}

/** Wraps a command's work: finds the gateway and the key by the global options. Called by commander with arguments, options and the command. */
export const withApi =
  <A extends readonly unknown[]>(surroundings: Surroundings, work: (work: Work, ...args: A) => Promise<void>) =>
  async (...all: readonly unknown[]): Promise<void> => {
    const command = all.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const made = { api: api(connectionOf(options)), terminal: surroundings.terminalFor(options.json), now: surroundings.now() };
    await work(made, ...(all.slice(0, -1) as unknown as A));
  };

/** Wraps a command that asks no gateway. */
export const withTerminal =
  <A extends readonly unknown[]>(surroundings: Surroundings, work: (terminal: Terminal, ...args: A) => void) =>
  (...all: readonly unknown[]): void => {
    const command = all.at(-1) as Command;
    const { json } = command.optsWithGlobals<GlobalOptions>();
    work(surroundings.terminalFor(json), ...(all.slice(0, -1) as unknown as A));
  };
