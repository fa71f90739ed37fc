import type { Command } from 'commander';
import type { ArgumentRule } from '../base/argument-rules.ts';
import { CommandError, EXIT } from './exit.ts';
import { sanitize } from './render/sanitize.ts';

export interface RuleOptions {
  readonly below: readonly string[];
  readonly oneOf: readonly string[];
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** The two options by which grants and scopes name their data source. */
export const withRules = (command: Command): Command =>
  command
    .option('--below <argument=path>', 'this argument has to be a path or URL at or below that one; repeat', collect, [])
    .option('--one-of <argument=a,b>', 'this argument has to be one of these texts; repeat', collect, []);

/** Undefined where none was given. */
export function rulesFrom({ below, oneOf }: RuleOptions): readonly ArgumentRule[] | undefined {
  const rules: readonly ArgumentRule[] = [
    ...below.map((text) => ({ argument: part(text)[0], below: part(text)[1] })),
    ...oneOf.map((text) => ({ argument: part(text)[0], oneOf: part(text)[1].split(',') })),
  ];
  return rules.length === 0 ? undefined : rules;
}

function part(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1)
    throw new CommandError(
      EXIT.usage,
      `${sanitize(text)}: write ARGUMENT=VALUE, such as --below path=reports or --one-of table=orders,items.`,
    );
  return [text.slice(0, at), text.slice(at + 1)];
}
