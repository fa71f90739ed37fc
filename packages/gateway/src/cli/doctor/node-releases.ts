/** The newest security release of each line of Node that the gateway runs on, as the Node project announced it. */
export interface SecurityRelease {
  readonly line: number;
  readonly version: string;
  readonly date: string;
}

export const NODE_SECURITY_RELEASES: readonly SecurityRelease[] = [
  { line: 24, version: '24.22.1', date: '2026-10-21' },
  { line: 26, version: '26.12.1', date: '2026-10-21' },
];

export const NODE_SECURITY_SOURCE = 'https://nodejs.org/en/blog/vulnerability/october-2026-security-releases';
/** When this table was last compared with the announcements. */
export const NODE_SECURITY_READ = '2026-11-21';

const partsOf = (version: string): readonly number[] => version.replace(/^v/, '').split('.').map(Number);

/** The security release that a Node is older than, or null. A line that the table does not know is not judged. */
export function missedRelease(version: string): SecurityRelease | null {
  const [line = 0, minor = 0, patch = 0] = partsOf(version);
  const newest = NODE_SECURITY_RELEASES.find((release) => release.line === line);
  if (newest === undefined) return null;
  const [, newestMinor = 0, newestPatch = 0] = partsOf(newest.version);
  return minor < newestMinor || (minor === newestMinor && patch < newestPatch) ? newest : null;
}
