/**
 * Says where this process serves, in one JSON line with its pid, and ends the process when its stdin ends: a bench
 * that is killed outright must not leave its children behind.
 */
export const announce = (ready: Readonly<Record<string, unknown>>): void => {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
  process.stdin.resume();
  process.stdout.write(`${JSON.stringify({ ...ready, pid: process.pid })}\n`);
};
