import { isServerId } from '../../base/ids.ts';
import type { Authenticator } from '../../contracts/authenticator.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { accepts, type HostRules, isContentTypeAllowed, isHostAllowed, isOriginAllowed } from '../../http/index.ts';
import type { Endpoint, Received } from '../exchange.ts';
import type { Guard } from '../guard.ts';
import { keysInUrl, namesCredential } from '../keys-in-url.ts';
import { remember } from './remember.ts';

const JSON_ONLY = ['application/json'];
/** Headers only: nothing of the body is read for a request that is turned away here. */
export function door(
  rules: () => HostRules,
  secure: boolean,
  identity: Pick<Authenticator, 'disclosed'>,
): Guard<'addressBudget', 'endpoint'> {
  const names = namesOf(rules, secure);
  return {
    name: 'door',
    needs: ['addressBudget'],
    adds: 'endpoint',
    check(exchange) {
      const denied = refuse(exchange, names());
      if (denied?.reason === IN_URL) return disclosed(denied, exchange, identity);
      return denied ?? { verdict: 'pass', fact: endpointOf(exchange.http.path) };
    },
  };
}

const isJson = remember((type) => isContentTypeAllowed(type, JSON_ONLY));
const takesBoth = remember((accept) => accepts(accept, 'application/json') && accepts(accept, 'text/event-stream'));

const IN_URL = 'identity.credential_in_url';

/** The refusal, with the key that it is about where there is one: its owner has to hear of it. */
async function disclosed(denied: Deny, { http }: Received, identity: Pick<Authenticator, 'disclosed'>): Promise<Deny> {
  for (const text of keysInUrl(http)) {
    const found = await identity.disclosed(text);
    if (found !== null) return { ...denied, credential: found.key };
  }
  return denied;
}

interface Names {
  readonly rules: HostRules;
  readonly isHost: (header: string | undefined) => boolean | null;
}

/** The names that hold now, and what was said of the hosts seen since they do. */
function namesOf(rules: () => HostRules, secure: boolean): () => Names {
  const of = (now: HostRules): Names => ({ rules: now, isHost: remember((host) => isHostAllowed(host, now, secure)) });
  let names: Names | null = null;
  return () => {
    const now = rules();
    if (names?.rules !== now) names = of(now);
    return names;
  };
}

function refuse({ http, snapshot }: Received, { rules, isHost }: Names): Deny | null {
  const header = (name: string): string | undefined => {
    const value = http.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const deny = (reason: Deny['reason'], detail?: string): Deny => ({
    verdict: 'deny',
    reason,
    ...(detail === undefined ? {} : { detail }),
  });
  // A key in a URL stands in histories and logs from then on, whatever else is wrong with the request (R2-007).
  if (namesCredential(http)) return deny(IN_URL);
  // Of two header fields two readers may see one each (header smuggling).
  if (http.repeated.length > 0) return deny('protocol.header_mismatch', `repeated: ${http.repeated.join(', ')}`);
  if (isHost(header('host')) !== true) return deny('http.host_not_allowed', header('host')?.slice(0, 200));
  if (!isOriginAllowed(header('origin'), rules)) return deny('http.origin_not_allowed', header('origin')?.slice(0, 200));
  if (http.verb !== 'POST' && http.verb !== 'GET' && http.verb !== 'DELETE') return deny('http.method_not_allowed', http.verb);
  if (http.verb === 'GET') return accepts(header('accept'), 'text/event-stream') ? null : deny('http.accept_not_satisfiable');
  if (http.verb === 'DELETE') return null;
  if (header('content-encoding') !== undefined && header('content-encoding') !== 'identity')
    return deny('http.content_encoding_not_allowed');
  if (isJson(header('content-type')) !== true) return deny('http.content_type_not_allowed');
  // An absent Accept takes everything.
  if (takesBoth(header('accept')) === false) return deny('http.accept_not_satisfiable');
  const declared = header('content-length');
  if (declared !== undefined && Number(declared) > snapshot.settings.input.maxPayloadBytes) return deny('http.body_too_large');
  return null;
}

function endpointOf(path: string): Endpoint | null {
  if (path === '/mcp') return { server: null };
  const id = path.startsWith('/mcp/') ? path.slice('/mcp/'.length) : '';
  return isServerId(id) ? { server: id } : null;
}
