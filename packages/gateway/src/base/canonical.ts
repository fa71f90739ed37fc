/** RFC 8785 for rooms that do not import the ledger package themselves: one canonical form for pins, snapshots and records. */
export { type CanonicalReason, type CanonicalResult, canonicalize } from '@sallyport/ledger';
