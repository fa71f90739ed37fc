import type { ServerId } from '../base/ids.ts';
import { isServerId } from '../base/ids.ts';

const SEPARATOR = '__';

export interface QualifiedName {
  readonly server: ServerId;
  /** As the server names it. */
  readonly name: string;
}

/** `server__name`: the name of a tool on `/mcp`. Reversible, because a server id holds no underscore (DESIGN section 5). */
export const qualifyName = (server: ServerId, name: string): string => `${server}${SEPARATOR}${name}`;

/** Splits at the first `__`; null where what stands before is no server id, or nothing stands after. */
export function splitName(qualified: string): QualifiedName | null {
  const at = qualified.indexOf(SEPARATOR);
  if (at === -1) return null;
  const server = qualified.slice(0, at);
  const name = qualified.slice(at + SEPARATOR.length);
  return name !== '' && isServerId(server) ? { server, name } : null;
}
