import type { Reason } from '../contracts/reasons/index.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Health } from './breakers.ts';

const UNREACHABLE: ReadonlySet<Reason> = new Set([
  'gateway.upstream_unavailable',
  'gateway.upstream_start_failed',
  'gateway.program_not_allowed',
  'gateway.upstream_authentication',
]);
const FAILED: ReadonlySet<Reason> = new Set([
  ...UNREACHABLE,
  'gateway.upstream_timeout',
  'gateway.upstream_closed',
  'gateway.upstream_garbage',
]);

/**
 * What an exchange tells of its server; null is an answer. A program that is started for each client tells of that client's process only, which its own
 * calls may have ended.
 */
export function healthOf({ transport }: Registration, reason: Reason | null): Health {
  if (reason === null) return 'well';
  if (UNREACHABLE.has(reason) && transport.kind === 'streamable-http') return 'unreachable';
  return FAILED.has(reason) ? 'slow' : 'unknown';
}
