import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Sees to it that no server outlives the gateway, not even after SIGKILL: one small shell in a session of its own that knows every process group
 * and ends them when its standard input closes, which the kernel does for us however we die.
 */
export interface Reaper {
  /** A descriptor for a child that is about to start: it writes `add PGID` there itself, so there is no moment in which it runs unknown. */
  readonly inlet: Socket;
  /** The group runs: a reaper that takes the place of one that died is told of it. */
  guard(group: number): void;
  /** The group has ended; its number may belong to somebody else soon. */
  forget(group: number): void;
  /** Ends all groups that are left, and the reaper. */
  close(): Promise<void>;
}

/** How long the groups have between TERM and KILL: nothing of a gateway that was killed may be left after two seconds (DESIGN section 6). */
const GRACE_SECONDS = 1;

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

/** Until another takes the place of a reaper that died: one that dies at once must not be started in a circle. */
const RESTART_MS = 1000;

/** Starts the one reaper of a gateway process. Throws where there is no POSIX shell: then no server may be started. */
export const startReaper = (): Reaper => new ShellReaper();

interface Shell {
  readonly child: ChildProcess;
  readonly inlet: Socket;
}

/** Keeps one shell alive. While there is none, what a new server writes to the inlet ends it: none runs unknown. */
class ShellReaper implements Reaper {
  readonly #groups = new Set<number>();
  #shell: Shell;
  #closing = false;

  constructor() {
    this.#shell = this.#start();
  }

  get inlet(): Socket {
    return this.#shell.inlet;
  }

  guard(group: number): void {
    this.#groups.add(group);
  }

  forget(group: number): void {
    this.#groups.delete(group);
    this.#tell(`del ${group}`);
  }

  close(): Promise<void> {
    this.#closing = true;
    return ended(this.#shell);
  }

  #start(): Shell {
    const shell = startShell();
    shell.child.once('exit', () => {
      if (!this.#closing) setTimeout(() => this.#replace(), RESTART_MS).unref();
    });
    return shell;
  }

  #replace(): void {
    if (this.#closing) return;
    this.#shell = this.#start();
    for (const group of this.#groups) this.#tell(`add ${group}`);
  }

  #tell(line: string): void {
    if (this.#shell.inlet.writable) this.#shell.inlet.write(`${line}\n`);
  }
}

function startShell(): Shell {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  const inlet = child.stdin as Socket | null;
  if (inlet === null || child.pid === undefined) throw new Error('the reaper needs /bin/sh');
  inlet.on('error', () => {});
  child.on('error', () => {});
  child.unref();
  inlet.unref();
  return { child, inlet };
}

function ended({ child, inlet }: Shell): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.ref();
    child.once('exit', () => resolve());
    inlet.end();
  });
}
