import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Exchange } from '../exchange.ts';

/** What the client wrote beside the name of its target. Of a resource the URI, which is nobody else's to read. */
export function givenIn(params: Exchange['frame']['params']): JsonObject | null {
  switch (params.kind) {
    case 'call':
    case 'get':
      return params.arguments;
    case 'read':
    case 'subscribe':
      return { uri: params.uri };
    case 'complete':
      return { argument: { ...params.argument }, ...(params.context === null ? {} : { context: params.context }) };
    default:
      return null;
  }
}

export function digestOf(given: JsonObject): string {
  const canonical = canonicalize(given);
  // The strict parser lets nothing in that has no canonical form; a screen's revision that does is a bug, and a bug is a denial.
  if (!canonical.ok) throw new Error(`arguments without a canonical form: ${canonical.reason}`);
  return sha256Hex(canonical.value);
}

/** The digest of what the client wrote, whatever a screen made of it since. */
export const givenDigest = ({ frame }: Exchange): string => frame.argumentsDigest ?? digestOf(givenIn(frame.params) ?? {});
