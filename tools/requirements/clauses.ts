/**
 * Rows whose acceptance test says several things that different tests prove: its parts, each in a few words. Such a row is proved when a passing test
 * claims it in full, or when every part is claimed by a test and all of them passed. A title names parts from here: `[R4-01 part: conformance suite]`.
 */
export const CLAUSES: Readonly<Record<string, readonly string[]>> = {
  'R2-014': ['who, what and with which arguments', 'data class, environment, time and purpose'],
  'R2-052': ['one gateway', 'two gateways', 'of a tool', 'a jump of the clock'],
  'R2-056': [
    'growth and decay on the wire',
    'a million callers',
    'a million unknown keys',
    'idle connections',
    'slow heads and bodies',
    'unread and half-open connections',
  ],
  'R4-01': ['conformance suite', 'differential test'],
};
