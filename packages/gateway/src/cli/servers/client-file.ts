import { z } from 'zod';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import { type Env, fill, fillPlaceholders } from './placeholders.ts';

/** One server as a client's own file has it. */
export interface ClientEntry {
  readonly name: string;
  readonly transport: DraftTransport;
}

/** As the administration API takes it. */
export type DraftTransport =
  | {
      readonly kind: 'stdio';
      readonly launch: { readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };
    }
  | { readonly kind: 'streamable-http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

const texts = z.record(z.string(), z.string());
const url = { url: z.string().optional(), serverUrl: z.string().optional(), httpUrl: z.string().optional() };
/** Claude Desktop, Cursor, Windsurf and Gemini (`mcpServers`), VS Code (`servers`), Zed (`context_servers`): what they have in common. */
const entry = z.looseObject({
  type: z.string().optional(),
  command: z.string().optional(),
  args: z.array(z.string()).default([]),
  env: texts.default({}),
  ...url,
  headers: texts.default({}),
});
const entries = z.record(z.string(), entry);
const file = z.looseObject({ mcpServers: entries.optional(), servers: entries.optional(), context_servers: entries.optional() });

/** The servers of a client's file, or null where it is none. @param document parsed JSON */
export function clientEntries(document: unknown, env: Env): ((name: string | null) => readonly ClientEntry[]) | null {
  const isFile =
    typeof document === 'object' && document !== null && ['mcpServers', 'servers', 'context_servers'].some((key) => key in document);
  if (!isFile) return null;
  const parsed = file.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandError(
      EXIT.usage,
      `This is not the file of a client: ${sanitize(issue?.path.join('.') ?? '')}: ${sanitize(issue?.message ?? '')}.`,
    );
  }
  const found = Object.entries({ ...parsed.data.context_servers, ...parsed.data.servers, ...parsed.data.mcpServers });
  return (name) => {
    const wanted = name === null ? found : found.filter(([key]) => key === name);
    if (wanted.length === 0) {
      const known = found.map(([key]) => sanitize(key)).join(', ') || 'none';
      throw new CommandError(EXIT.usage, `The file has no server ${sanitize(name ?? '')}. It has: ${known}.`);
    }
    return wanted.map(([key, value]) => ({ name: key, transport: transportOf(key, value, env) }));
  };
}

function transportOf(name: string, value: z.output<typeof entry>, env: Env): DraftTransport {
  const address = value.httpUrl ?? value.serverUrl ?? value.url;
  // Which of the two transports a URL speaks (`type: sse` or not) is found out when it is probed.
  if (address !== undefined)
    return {
      kind: 'streamable-http',
      url: fill(address, env, `${name}.url`),
      headers: fillPlaceholders(value.headers, env, `${name}.headers`),
    };
  if (value.command === undefined) throw unusable(name, 'has neither a command nor a url');
  return {
    kind: 'stdio',
    launch: {
      command: fill(value.command, env, `${name}.command`),
      args: value.args.map((arg) => fill(arg, env, `${name}.args`)),
      env: fillPlaceholders(value.env, env, `${name}.env`),
    },
  };
}

const unusable = (name: string, why: string): CommandError =>
  new CommandError(EXIT.usage, `The server ${sanitize(name)} of this file ${why}.`);

/** An id for a name that a client's file uses: lower case words joined by hyphens. */
export function idOf(name: string): string {
  const id = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .replace(/-+$/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  if (id !== '') return id;
  throw new CommandError(
    EXIT.usage,
    `${sanitize(name)} cannot be made an id (lower case words of letters and digits, joined by hyphens). Give one: sallyport servers add ID …`,
  );
}
