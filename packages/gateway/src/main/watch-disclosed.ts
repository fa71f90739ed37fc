import type { Logger } from '../base/log.ts';
import type { Authenticator } from '../contracts/authenticator.ts';
import { recordSystem } from './record-system.ts';
import type { Rooms } from './rooms.ts';

/** Identity for the gateway, with a record and a warning the first time that a key is seen in a URL: one a key, whoever repeats it. */
export function watchDisclosed(rooms: Rooms, log: Logger): Authenticator {
  const { identity } = rooms;
  return {
    identify: (token, address) => identity.identify(token, address),
    async disclosed(text) {
      const found = await identity.disclosed(text);
      if (!found?.first) return found;
      log.warn('identity.key.disclosed', { key: found.key, todo: `it stood in a URL: sallyport keys rotate ${found.key}` });
      const recorded = await recordSystem(rooms, 'identity.key.disclosed', found.key, { where: 'url' });
      // The refusal itself is recorded too, and is not answered where that fails.
      if (!recorded.ok) log.error('identity.key.disclosed', { key: found.key, reason: recorded.reason });
      return found;
    },
  };
}
