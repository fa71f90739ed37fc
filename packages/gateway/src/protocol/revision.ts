import type { Era } from '../contracts/target.ts';

/** Oldest first. */
export const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;

export type Revision = (typeof REVISIONS)[number];
export type LegacyRevision = Exclude<Revision, '2026-07-28'>;

export const LATEST_LEGACY: LegacyRevision = '2025-11-25';
export const MODERN: Revision = '2026-07-28';
/** What a legacy request without `MCP-Protocol-Version` speaks (MCP 2025-06-18 transports). */
export const REVISION_WITHOUT_HEADER: LegacyRevision = '2025-03-26';

export const isRevision = (text: string): text is Revision => (REVISIONS as readonly string[]).includes(text);

export const isLegacyRevision = (text: string): text is LegacyRevision => isRevision(text) && text !== '2026-07-28';

export const eraOf = (revision: Revision): Era => (revision === '2026-07-28' ? 'modern' : 'legacy');

/**
 * The revision that `initialize` is answered with: the requested one where we have it, else our latest with `initialize`
 * (MCP 2025-11-25 lifecycle). 2026-07-28 has no `initialize`, so asking for it there gets the latest legacy one.
 */
export const negotiate = (requested: string): LegacyRevision => (isLegacyRevision(requested) ? requested : LATEST_LEGACY);
