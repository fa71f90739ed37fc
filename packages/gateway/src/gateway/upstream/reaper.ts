import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Sees to it that no server outlives the gateway, not even after SIGKILL: one small shell in a session of its own that knows every process group
 * and ends them when its standard input closes, which the kernel does for us however we die.
 */
export interface Reaper {
  /** A descriptor for a child that is about to start: it writes `add PGID` there itself, so there is no moment in which it runs unknown. */
  readonly inlet: Socket;
  /** The group has ended; its number may belong to somebody else soon. */
  forget(group: number): void;
  /** Ends all groups that are left, and the reaper. */
  close(): Promise<void>;
}

/** How long the groups have between TERM and KILL. */
const GRACE_SECONDS = 2;

const SCRIPT = `
trap '' HUP INT TERM QUIT
groups=' '
while read -r verb group; do
  case $group in ''|*[!0-9]*|0|1) continue ;; esac
  case $verb in
    add) groups="$groups$group " ;;
    del) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
for second in ${Array.from({ length: GRACE_SECONDS }, (_, i) => i).join(' ')}; do
  left=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && left=yes; done
  [ -z "$left" ] && exit 0
  sleep 1
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/** Starts the one reaper of a gateway process. Throws where there is no POSIX shell: then no server may be started. */
export function startReaper(): Reaper {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  const inlet = shell.stdin as Socket | null;
  if (inlet === null || shell.pid === undefined) throw new Error('the reaper needs /bin/sh');
  inlet.on('error', () => {});
  shell.on('error', () => {});
  shell.unref();
  inlet.unref();
  return {
    inlet,
    forget: (group) => {
      if (inlet.writable) inlet.write(`del ${group}\n`);
    },
    close: () => ended(shell, inlet),
  };
}

function ended(shell: ChildProcess, inlet: Socket): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    shell.ref();
    shell.once('exit', () => resolve());
    inlet.end();
  });
}
