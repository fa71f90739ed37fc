import type { Lane } from './lanes.ts';

/** Scenarios whose methods the gateway does not carry yet: they may fail, everything else may not. */
const AWAITED: Readonly<Record<Lane['revision'], readonly RegExp[]>> = {
  '2025-11-25': [/^(?:completion|resources|prompts)-/, /^elicitation-/, /^tools-call-(?:sampling|elicitation)$/],
  '2026-07-28': [/^(?:completion|resources|prompts)-/, /^input-required-/, /^caching$/, /^sep-2164-/, /^server-stateless$/],
};

export const isAwaited = (lane: Lane, scenario: string): boolean => AWAITED[lane.revision].some((pattern) => pattern.test(scenario));
