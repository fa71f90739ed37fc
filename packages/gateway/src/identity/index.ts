export type { ApiKey } from './api-key.ts';
export type { Asker } from './authority.ts';
export type { IssuedKey } from './create-key.ts';
export type { KeptKey, KeptKeySpec } from './kept-key.ts';
export type { KeyRequest } from './key-request.ts';
export type { KeyState, ListedKey } from './list-keys.ts';
export { type Identity, type IdentityDeps, openIdentity } from './open-identity.ts';
export type { KeyAge, WarningDays } from './report-ages.ts';
export type { RotatedKey, Rotation } from './rotate-key.ts';
