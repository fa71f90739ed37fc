import { expect, it } from 'vitest';
import { addressKey, clientAddress, NO_PROXIES } from '../../http/index.ts';
import type { Received } from '../exchange.ts';
import { limitAddress } from './limit-address.ts';

const rate = { byAddress: true, addressRequestsPerMinute: 5, addressBurst: 0, progressiveDelays: false };
/** A request from that peer as `receive` would make it: what it says of itself is not asked for. */
const from = (peer: string, forwarded?: string): Received => {
  const address = clientAddress(peer, forwarded, NO_PROXIES);
  return { peer: { address, bucket: addressKey(address) }, snapshot: { settings: { rate } } } as unknown as Received;
};

const passed = async (requests: readonly Received[]): Promise<number> => {
  const guard = limitAddress({ now: () => 0, monotonic: () => 0 });
  const verdicts = await Promise.all(requests.map((request) => guard.check(request)));
  return verdicts.filter(({ verdict }) => verdict === 'pass').length;
};

it.each<[string, (i: number) => Received, number]>([
  ['one IPv6 network of 64 bits is one, however its addresses rotate', (i) => from(`2001:db8:1:2::${i.toString(16)}`), 5],
  ['so it is where the interface is told with them', (i) => from(`fe80::${i.toString(16)}%eth${i}`), 5],
  ['an IPv4 address written as IPv6 is that address', (i) => from(i % 2 === 0 ? '::ffff:192.0.2.1' : '192.0.2.1'), 5],
  ['what a peer says of another address is not read', (i) => from('2001:db8:1:2::1', `2001:db8:9:${i}::1`), 5],
  ['other networks of 64 bits are others', (i) => from(`2001:db8:1:${i.toString(16)}::1`), 20],
])('%s [R2-054 partial: an IPv6 peer on the wire]', async (_name, request, expected) => {
  expect(await passed(Array.from({ length: 20 }, (_, i) => request(i)))).toBe(expected);
});
