export type { CanonicalReason, CanonicalResult } from './canonical.ts';
export { canonicalize } from './canonical.ts';
export type { DecodeReason, DecodeResult } from './decode.ts';
export { decodePublicPart } from './decode.ts';
export type { EncodeReason, EncodeResult } from './encode.ts';
export { encodePublicPart, MAX_RECORD_BYTES } from './encode.ts';
export { LEAF_PREFIX, leafOf, leafOfPrefixed } from './leaf.ts';
export type { GuardResult, PublicPart, RecordKind } from './record.ts';
