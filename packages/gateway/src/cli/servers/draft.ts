import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import { clientEntries, type DraftTransport, idOf } from './client-file.ts';
import type { Env } from './placeholders.ts';

/** A server to be registered, before its effects are decided. */
export interface Draft {
  readonly id: string;
  readonly transport: DraftTransport;
  readonly title?: string;
  readonly sharing?: string;
}

export interface AddOptions {
  readonly header: readonly string[];
  readonly env: readonly string[];
  readonly title?: string;
  readonly sharing?: string;
}

/** What was meant: servers to probe and ask about, or a whole registration from a file, effects and all. */
export type Wanted = { readonly drafts: readonly Draft[] } | { readonly registration: unknown };

const FORMS = `One of:
  sallyport servers add ID -- COMMAND [ARGS…]      a program that speaks on stdio
  sallyport servers add ID URL                     a server that speaks Streamable HTTP
  sallyport servers add FILE [NAME]                a client's own file (mcp.json, claude_desktop_config.json), or a registration as JSON; - for standard input`;

export function wantedOf(
  operands: readonly string[],
  options: AddOptions,
  surroundings: { readonly env: Env; readonly cwd: string },
): Wanted {
  const [first, ...rest] = operands;
  if (first === undefined) throw new CommandError(EXIT.usage, FORMS);
  if (isFile(first)) return fromFile(first, rest, options, surroundings.env);
  return { drafts: [{ id: first, ...more(options), transport: transportOf(rest, options, surroundings) }] };
}

const isFile = (text: string): boolean => text === '-' || text.includes('/') || text.endsWith('.json');

function transportOf(
  command: readonly string[],
  { header, env }: AddOptions,
  surroundings: { readonly env: Env; readonly cwd: string },
): DraftTransport {
  const [program, ...args] = command;
  if (program === undefined) throw new CommandError(EXIT.usage, FORMS);
  if (/^https?:\/\//.test(program)) {
    if (args.length > 0) throw new CommandError(EXIT.usage, FORMS);
    if (env.length > 0) throw new CommandError(EXIT.usage, '--env is for a program that is started; a server at a URL takes --header.');
    return { kind: 'streamable-http', url: program, headers: Object.fromEntries(header.map((text) => headerOf(text))) };
  }
  if (header.length > 0) throw new CommandError(EXIT.usage, '--header is for a server at a URL; a program that is started takes --env.');
  // The gateway starts it in a folder of its own, so a path from here would lead nowhere there.
  const place = program.includes('/') ? resolve(surroundings.cwd, program) : program;
  return {
    kind: 'stdio',
    launch: { command: place, args, env: Object.fromEntries(env.map((text) => variableOf(text, surroundings.env))) },
  };
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  if (colon > 0) return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  throw new CommandError(EXIT.usage, "--header takes 'Name: value'.");
}

/** `NAME=VALUE`, or `NAME` for the value that it has here: that way a secret stands in no list of processes. */
function variableOf(text: string, env: Env): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  const value = env[text];
  if (value !== undefined) return [text, value];
  throw new CommandError(EXIT.usage, `--env ${sanitize(text)}: it is not set here. Set it, or write --env ${sanitize(text)}=VALUE.`);
}

const more = ({ title, sharing }: AddOptions) => ({
  ...(title === undefined ? {} : { title }),
  ...(sharing === undefined ? {} : { sharing }),
});

function fromFile(file: string, [name, ...extra]: readonly string[], options: AddOptions, env: Env): Wanted {
  if (extra.length > 0 || options.header.length + options.env.length > 0) throw new CommandError(EXIT.usage, FORMS);
  const document = readJson(file);
  const entries = clientEntries(document, env);
  if (entries === null) {
    if (name !== undefined)
      throw new CommandError(EXIT.usage, `${sanitize(file)} is not the file of a client, so there is no ${sanitize(name)} in it.`);
    return { registration: document };
  }
  return { drafts: entries(name ?? null).map((entry) => ({ id: idOf(entry.name), ...more(options), transport: entry.transport })) };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    const what =
      error instanceof SyntaxError
        ? 'is not JSON (comments are not read)'
        : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
    throw new CommandError(
      EXIT.usage,
      `${sanitize(file)} ${what}. It should be a client's file with mcpServers, or look like {"id":"files","transport":{"kind":"stdio","launch":{"command":"…","args":["…"]}},"effects":{"read_file":"read"}}.`,
    );
  }
}
