import type { Deviation } from '../../contracts/settings.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { Places } from './places.ts';
import type { FileParts } from './schema.ts';

/** Servers that TLS 1.2 may be spoken with, as the deviations that they are. @param today YYYY-MM-DD, by which permissions end. */
export function planOlderTls(
  { servers = {} }: FileParts,
  places: Places,
  today: string,
): { readonly deviations: readonly Deviation[]; readonly mistakes: readonly Mistake[] } {
  const given = Object.entries(servers).flatMap(([id, { tls_1_2: older }]) => (older === undefined ? [] : [{ id, ...older }]));
  const past = given.filter(({ until }) => until < today);
  return {
    deviations: given.map(({ id, reason, until }) => ({ key: `servers.${id}.tls_1_2`, value: true, reason, until })),
    mistakes: past.map(({ id, until }) => {
      const path = ['servers', id, 'tls_1_2', 'until'];
      const told = mistake({ reason: 'config.deviation_expired', key: path.join('.'), expected: 'a date that is not past', got: until });
      return { ...told, position: places.valueAt(path) };
    }),
  };
}
