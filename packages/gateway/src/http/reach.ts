import ipaddr from 'ipaddr.js';

/**
 * Where an outbound connection may go. `public`: unicast addresses of the Internet only, so that a registration cannot reach the cloud's metadata
 * service, the host itself or its neighbours (SSRF). `loopback`: this host only, for servers that the operator registered with a loopback address.
 */
export type Reach = 'public' | 'loopback';

/** IPv6 ranges that carry an IPv4 address or another network's; ipaddr.js names them, and none of them is where a server stands. */
const FORBIDDEN_V6 = ['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32', '::/96', 'fec0::/10', '100::/64', '5f00::/16'].map(
  (range) => ipaddr.IPv6.parseCIDR(range),
);

/** @param address an address literal, without brackets. Text that is no address is never allowed. */
export function mayReach(address: string, reach: Reach): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (reach === 'loopback') return range === 'loopback';
  if (range !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || !FORBIDDEN_V6.some((forbidden) => parsed.match(forbidden));
}

/** Whether a URL's host spells a loopback address: only then was loopback what the operator meant. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return bare === 'localhost' || mayReach(bare, 'loopback');
}
