import type { Lane } from './lanes.ts';

/** Scenarios whose methods the gateway does not carry yet: they may fail, everything else may not. */
const AWAITED: Readonly<Record<Lane['revision'], readonly RegExp[]>> = {
  '2025-11-25': [/^resources-(?:un)?subscribe$/],
  '2026-07-28': [/^input-required-/, /^server-stateless$/],
};

export const isAwaited = (lane: Lane, scenario: string): boolean => AWAITED[lane.revision].some((pattern) => pattern.test(scenario));
