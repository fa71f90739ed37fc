import type { Command, Option } from 'commander';
import { CommandError, EXIT } from './exit.ts';

/** More than any text that somebody types or pastes; longer ones go through files. */
export const MOST_WORD = 65_536;

// Line breaks and tabs stand in JSON and in reasons that are pasted. Everything else would only be obeyed by the terminal that it is printed on.
const OBEYED = /[^\P{Cc}\n\t]/u;

/** Refuses what no word of a command line is, before any of it is understood or printed. */
export function refuseStrange(words: readonly string[]): void {
  for (const [index, word] of words.entries()) {
    const found = OBEYED.exec(word)?.[0];
    if (found !== undefined)
      throw usage(`word ${index + 1} of the command line holds the control character U+${hex(found)}. Write it without.`);
    if (word.length > MOST_WORD)
      throw usage(
        `word ${index + 1} of the command line has ${word.length} characters, and at most ${MOST_WORD} are read. Put it into a file.`,
      );
  }
}

/** A flag that is given twice has one meaning less than its writer thought, and one that swallowed the next flag has none. */
export function refuseMisread(program: Command, commands: readonly Command[]): void {
  const flags = new Set([program, ...commands].flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])));
  for (const command of [program, ...commands])
    for (const option of command.options.filter(takesValue)) {
      let given = 0;
      command.on(`option:${option.name()}`, (value: unknown) => {
        given += 1;
        if (given > 1 && !repeats(option)) throw usage(`${option.long} is given twice, and one of them holds. Say which.`);
        if (typeof value === 'string' && flags.has(value)) throw usage(`${option.long} takes a value, and ${value} stands in its place.`);
      });
    }
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;
const repeats = ({ parseArg, variadic }: Option): boolean => parseArg !== undefined || variadic;
const usage = (message: string): CommandError => new CommandError(EXIT.usage, message);
const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
