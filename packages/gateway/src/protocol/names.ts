import type { ServerId } from '../base/ids.ts';
import { isServerId } from '../base/ids.ts';

const SEPARATOR = '__';
const PLUS = '+';
const UI = 'ui://';

export interface QualifiedName {
  readonly server: ServerId;
  /** As the server names it. */
  readonly name: string;
}

/** `server__name`: the name of a tool or prompt on `/mcp`. Reversible, because a server id holds no underscore (DESIGN section 5). */
export const qualifyName = (server: ServerId, name: string): string => `${server}${SEPARATOR}${name}`;

/** Splits at the first `__`; null where what stands before is no server id, or nothing stands after. */
export const splitName = (qualified: string): QualifiedName | null => split(qualified, SEPARATOR);

/**
 * A URI or URI template on `/mcp`: `scheme:rest` becomes `server+scheme:rest`, and `ui://x` becomes `ui://server__x`, since hosts test that scheme.
 * Reversible, because a server id holds neither `+` nor `_` nor `:`.
 */
export const qualifyUri = (server: ServerId, uri: string): string =>
  uri.startsWith(UI) ? `${UI}${qualifyName(server, uri.slice(UI.length))}` : `${server}${PLUS}${uri}`;

/** Null where no server's URI has this form: `server+ui://x` is one that `qualifyUri` never writes, so two names never mean one resource. */
export function splitUri(qualified: string): QualifiedName | null {
  if (qualified.startsWith(UI)) {
    const found = split(qualified.slice(UI.length), SEPARATOR);
    return found === null ? null : { server: found.server, name: `${UI}${found.name}` };
  }
  const found = split(qualified, PLUS);
  return found?.name.startsWith(UI) ? null : found;
}

function split(qualified: string, separator: string): QualifiedName | null {
  const at = qualified.indexOf(separator);
  if (at === -1) return null;
  const server = qualified.slice(0, at);
  const name = qualified.slice(at + separator.length);
  return name !== '' && isServerId(server) ? { server, name } : null;
}
