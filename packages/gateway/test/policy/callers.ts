import type { Role, Scope } from '../../src/contracts/principal.ts';
import { MATRIX } from './tool-matrix.ts';

// Who asks, written out for a reader. The callers of tool-matrix.ts that a key can be made for, and those whose key works no more.

export type KeyState = 'works' | 'revoked' | 'replaced' | 'elsewhere';

export interface WireCaller {
  readonly caller: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  /** Null: all that the roles permit. */
  readonly methods: readonly string[] | null;
  readonly networks: readonly string[] | null;
  readonly state: KeyState;
}

/** No key can be made without a role, a scope or a method, or for another tenant: those rows are decided in tool-matrix.test.ts only. */
export const NO_KEY: ReadonlySet<string> = new Set([
  'nobody',
  'writer, key for nothing',
  'writer, key for no method',
  'writer of another tenant',
  'admin+writer of another tenant',
]);

const everything = {
  roles: ['writer', 'admin'] as const,
  scopes: [{ server: '*', tool: '*' }],
  methods: null,
  networks: null,
};

/** Whatever these ask, the answer is 401: their key was revoked, was replaced and has ended, or may not be used from this address. */
export const TURNED_AWAY: readonly WireCaller[] = [
  { ...everything, caller: 'a revoked key', state: 'revoked' },
  { ...everything, caller: 'a key that has ended', state: 'replaced' },
  { ...everything, caller: 'a key of another network', networks: ['10.0.0.0/8', '2001:db8::/32'], state: 'elsewhere' },
];

/** Must be met by whoever may do anything at all: the same caller as `writer`, from a network that its key names. */
export const LOCAL: WireCaller = {
  ...everything,
  roles: ['writer'],
  caller: 'a key of this network',
  networks: ['127.0.0.0/8'],
  state: 'works',
};

export const WORKING: readonly WireCaller[] = MATRIX.filter((row) => !NO_KEY.has(row.caller)).map(({ caller, roles, scopes, methods }) => ({
  caller,
  roles,
  scopes,
  methods,
  networks: null,
  state: 'works',
}));
