import { random } from './bytes.ts';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

export type TenantId = Branded<string, 'TenantId'>;
export type PrincipalId = Branded<string, 'PrincipalId'>;
export type KeyId = Branded<string, 'KeyId'>;
/** `[a-z][a-z0-9]*(-[a-z0-9]+)*`, at most 40 characters. */
export type ServerId = Branded<string, 'ServerId'>;
/** A ULID. Printed in every refusal as `ref`, and finds the call in the journal. */
export type ExchangeId = Branded<string, 'ExchangeId'>;
/** A legacy session between a client and the gateway: 256 random bits in base64url. */
export type DownstreamSessionId = Branded<string, 'DownstreamSessionId'>;

export const DEFAULT_TENANT = 'default' as TenantId;

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/** A ULID (128 bit: 48 of time, 80 random). Times sort, so a journal is searched by id without an index. */
export function ulid(now: number): string {
  let time = '';
  let rest = now;
  for (let i = 0; i < TIME_CHARS; i++) {
    time = CROCKFORD.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time + randomChars(RANDOM_CHARS);
}

/** The time in milliseconds that a ULID carries, or null where the text is none. */
export function ulidTime(id: string): number | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return null;
  let time = 0;
  for (let i = 0; i < TIME_CHARS; i++) time = time * 32 + CROCKFORD.indexOf(id.charAt(i));
  return time;
}

/** A server as counters and labels name it over all tenants: by its id alone in the tenant that small installs have. */
export const serverLabel = (tenant: TenantId | string, server: string): string =>
  tenant === DEFAULT_TENANT ? server : `${tenant}/${server}`;

export const isTenantId = (text: string): text is TenantId => text.length <= 40 && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);

export const isServerId = (text: string): text is ServerId => text.length <= 40 && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);

const POOL_BYTES = 4096;
let pool: Buffer = Buffer.alloc(0);
let used = 0;

// Random bytes come from the kernel 4 KB at a time: a call of randomBytes for every id costs more than the rest of the id.
function randomChars(count: number): string {
  if (used + count > pool.length) {
    pool = random(POOL_BYTES);
    used = 0;
  }
  let text = '';
  for (let i = 0; i < count; i++) text += CROCKFORD.charAt((pool[used++] ?? 0) & 31);
  return text;
}
