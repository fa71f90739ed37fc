import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** `${env:NAME}` (Cursor, VS Code, Windsurf), `${NAME}` and `${NAME:-default}` (Claude Code). `${input:ID}` is what VS Code asks for. */
const PLACEHOLDER = /\$\{(?:(env|input|file):)?([^}]*)\}/g;

/**
 * Values as a client would read them: what stands in the environment of this command goes in. What is not there is an error that names it: a
 * server must not be registered with the placeholder itself as its token.
 */
export function fillPlaceholders(values: Readonly<Record<string, string>>, env: Env, of: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fill(value, env, `${of}.${key}`)]));
}

export function fill(text: string, env: Env, of: string): string {
  return text.replace(PLACEHOLDER, (whole, kind: string | undefined, inner: string) => {
    if (kind === 'input' || kind === 'file') {
      throw new CommandError(
        EXIT.usage,
        `${sanitize(of)} holds ${sanitize(whole)}, which only that client can fill in. Register it with its value: sallyport servers add ID --env NAME or --header.`,
      );
    }
    const [name = '', fallback] = inner.split(':-');
    const value = env[name] ?? fallback;
    if (value !== undefined) return value;
    throw new CommandError(
      EXIT.usage,
      `${sanitize(of)} needs ${sanitize(name)} from the environment, and it is not set. Set it and try again: ${sanitize(name)}=… sallyport servers add …`,
    );
  });
}
