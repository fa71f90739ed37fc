import { describe, expect, it } from 'vitest';
import { missedRelease, NODE_SECURITY_RELEASES } from './node-releases.ts';

describe('the table of security releases of Node', () => {
  it('has a row for each line that the gateway runs on, with the day it was announced', () => {
    expect(NODE_SECURITY_RELEASES.map(({ line }) => line)).toEqual([24, 26]);
    for (const { line, version, date } of NODE_SECURITY_RELEASES) {
      expect(version.startsWith(`${line}.`)).toBe(true);
      expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    }
  });

  it.each([
    ['v24.15.0', '24.22.1'],
    ['v24.22.0', '24.22.1'],
    ['v26.10.0', '26.12.1'],
    ['26.12.0', '26.12.1'],
  ])('%s is older than %s', (version, missed) => expect(missedRelease(version)?.version).toBe(missed));

  it.each(['v24.22.1', 'v24.22.2', 'v24.23.0', 'v26.12.1', 'v26.13.0', 'v28.0.0'])('%s is older than none that is known', (version) => {
    expect(missedRelease(version)).toBeNull();
  });
});
