import type { HttpRequest } from './exchange.ts';

type Url = Pick<HttpRequest, 'path' | 'query'>;

/** Keys of ours by their form alone; the checksum is identity's to judge. The prefix makes them findable anywhere in a text. */
const KEY = /sp_[A-Za-z0-9_-]{50}/g;
const KEY_LIKE = /sp_[A-Za-z0-9_-]{20}/;
const SHORTEST_KEY_LIKE = 23;
/** Names under which clients put credentials into a query (RFC 6750 section 2.3 is one of them, and not supported here). */
const NAMED = /[?&](access_token|token|api_key|apikey|key)=/i;
/** A URL full of made-up keys costs this many look-ups. */
const MOST_KEYS = 3;

/** Whether a URL carries a credential, or what was meant as one. */
export function namesCredential(url: Url): boolean {
  if (url.query === '' && url.path.length < SHORTEST_KEY_LIKE) return false;
  return NAMED.test(`?${url.query}`) || KEY_LIKE.test(readable(url));
}

/** The texts in a URL that have the form of a key, the first few of them. */
export function keysInUrl(url: Url): readonly string[] {
  return [...new Set(readable(url).match(KEY))].slice(0, MOST_KEYS);
}

// Unreserved characters may be percent-encoded all the same (RFC 3986 section 2.3); a key written so is as readable to whoever sees the URL.
const readable = ({ path, query }: Url): string =>
  `${path}?${query}`.replace(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
