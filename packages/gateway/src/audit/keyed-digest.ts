import { canonicalize } from '../base/canonical.ts';
import type { TenantId } from '../base/ids.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Mac } from '../contracts/vault.ts';

/** HMAC-SHA-256, hex: the same text gives the same digest within a tenant, another in any other, and none to whoever has not the key. */
export type KeyedDigest = (tenant: TenantId, text: string) => string;

export const keyedDigests =
  (mac: Mac): KeyedDigest =>
  (tenant, text) =>
    mac.mac(`${tenant}\n${text}`);

/** The digest of one value of arguments, whatever it is: what the log is searched by. Null: it has no canonical form. */
export function valueDigest(keyed: KeyedDigest, tenant: TenantId, value: JsonValue): string | null {
  const canonical = canonicalize(value);
  return canonical.ok ? keyed(tenant, `value\n${canonical.value}`) : null;
}

/** Deeper or more than what the protocol lets in is not looked at twice. */
const MOST_VALUES = 100_000;

/** Whether any value within these has the digest: they themselves, a member, an item, however deep. */
export function holdsValue(keyed: KeyedDigest, tenant: TenantId, given: JsonValue, digest: string): boolean {
  const waiting: JsonValue[] = [given];
  for (let looked = 0; waiting.length > 0 && looked < MOST_VALUES; looked++) {
    const value = waiting.pop() as JsonValue;
    if (valueDigest(keyed, tenant, value) === digest) return true;
    if (typeof value === 'object' && value !== null) waiting.push(...(Object.values(value) as JsonValue[]));
  }
  return false;
}

/** What of a sealed payload a search by value looks at: the arguments, and the address of a resource, which is as much the client's own. */
export function searchedIn(payload: JsonObject): JsonValue {
  const inputs = payload['inputs'] as { readonly resource?: { readonly kind?: string; readonly name?: string } } | undefined;
  const uri = inputs?.resource?.kind === 'resource' ? [inputs.resource.name ?? null] : [];
  return [payload['arguments'] ?? null, ...uri];
}
