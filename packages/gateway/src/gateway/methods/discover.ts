import { MODERN } from '../../protocol/index.ts';
import { serverInfo } from '../about.ts';
import { capabilitiesFor } from '../capabilities.ts';
import { answerRecorded } from './answer-recorded.ts';
import type { Handler } from './works.ts';

/** `server/discover` of 2026-07-28. Private: what a caller sees depends on who it is. */
export const discover: Handler = (exchange, answer, works) =>
  answerRecorded(exchange, answer, works, {
    resultType: 'complete',
    supportedVersions: [MODERN],
    capabilities: capabilitiesFor(exchange),
    ttlMs: 60_000,
    cacheScope: 'private',
    _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
  });
