import ipaddr from 'ipaddr.js';

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The canonical text of a network (`10.0.0.0/8`, `2001:db8::/32`; an address alone is a network of one), or null where it is none. */
export function networkText(text: string): string | null {
  const network = parse(text);
  return network === null ? null : `${network[0].toString()}/${network[1]}`;
}

/** Whether an address stands in one of the networks. An IPv4 address mapped into IPv6 counts as IPv4. Anything unreadable stands in none. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  // A zone (fe80::1%eth0) names an interface of this machine and is no part of the address.
  const bare = address.split('%', 1)[0] ?? '';
  if (!ipaddr.isValid(bare)) return false;
  const peer = ipaddr.process(bare);
  return networks.some((text) => {
    const network = parse(text);
    return network !== null && network[0].kind() === peer.kind() && peer.match(network);
  });
}

/** Whether all of one network stands in another. */
export function isNetworkWithin(inner: string, outer: string): boolean {
  const [small, large] = [parse(inner), parse(outer)];
  if (small === null || large === null || small[0].kind() !== large[0].kind()) return false;
  return small[1] >= large[1] && small[0].match(large);
}

function parse(text: string): Network | null {
  if (text.length > 64) return null;
  if (ipaddr.isValidCIDR(text)) return masked(ipaddr.parseCIDR(text));
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

// Host bits set (10.0.0.1/8) are more likely a slip than a wish; such a text names no network.
function masked([address, prefix]: Network): Network | null {
  const bytes = address.toByteArray();
  const clean = bytes.every((byte, index) => (byte & ~maskByte(prefix - index * 8) & 0xff) === 0);
  return clean ? [address, prefix] : null;
}

const maskByte = (bits: number): number => (bits <= 0 ? 0 : bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff);
