import ipaddr from 'ipaddr.js';
import { failure, type Result, success } from '../base/result.ts';

/** The longest X-Forwarded-For tail that is read: an attacker may write any number of entries in front. */
const FORWARDED_ENTRIES = 16;
const FORWARDED_BYTES = 2048;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Proxies whose X-Forwarded-For is believed. */
export interface TrustedProxies {
  contains(address: string): boolean;
}

export const NO_PROXIES: TrustedProxies = { contains: () => false };

/** One spelling for each address: IPv4-mapped IPv6 becomes IPv4, IPv6 is compressed, a zone is dropped. Null where the text is no address. */
export function normaliseAddress(text: string): string | null {
  return parse(text)?.toString() ?? null;
}

/** What limits by address count: an IPv4 address or an IPv6 /64, since whoever has one IPv6 address has its whole /64 (R2-054). */
export function addressKey(address: string): string {
  const parsed = parse(address);
  if (parsed === null) return 'unknown';
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const network = [...parsed.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0];
  return `${ipaddr.fromByteArray(network).toString()}/64`;
}

/** @param list addresses and CIDR ranges; anything else fails with the entry as detail. */
export function trustedProxies(list: readonly string[]): Result<TrustedProxies, 'http.address_invalid'> {
  const ranges: (readonly [Address, number])[] = [];
  for (const entry of list) {
    const range = parseRange(entry);
    if (range === null) return failure('http.address_invalid', entry);
    ranges.push(range);
  }
  return success({
    contains: (address) => {
      const parsed = parse(address);
      return parsed !== null && ranges.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
    },
  });
}

/**
 * The address that limits are counted by. The header of a peer that is no trusted proxy is not read; behind proxies the rightmost entry that is
 * none of them counts, because everything left of it was written by the client.
 */
export function clientAddress(peer: string | undefined, forwardedFor: string | undefined, trusted: TrustedProxies): string {
  let client = normaliseAddress(peer ?? '') ?? 'unknown';
  if (forwardedFor === undefined || forwardedFor.length > FORWARDED_BYTES) return client;
  const entries = forwardedFor.split(',').slice(-FORWARDED_ENTRIES);
  for (let i = entries.length - 1; i >= 0 && trusted.contains(client); i--) {
    const next = normaliseAddress((entries[i] ?? '').trim());
    if (next === null) return client;
    client = next;
  }
  return client;
}

function parse(text: string): Address | null {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  // `isValid` alone accepts octal, hexadecimal and short IPv4 forms (`0x7f.1`), which other parsers read as another address.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null;
  return ipaddr.process(bare);
}

function parseRange(entry: string): readonly [Address, number] | null {
  const slash = entry.indexOf('/');
  const address = parse(slash === -1 ? entry : entry.slice(0, slash));
  if (address === null) return null;
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (slash === -1) return [address, width];
  const bits = entry.slice(slash + 1);
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? [address, Number(bits)] : null;
}
