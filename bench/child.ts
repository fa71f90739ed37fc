import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** How long a child may take to say that it is ready, and to end when told to, in milliseconds. */
const READY_MS = 60_000;
const END_MS = 10_000;

const living = new Set<ChildProcess>();

/** Each child leads a process group, so that what it started in turn ends with it. */
const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
};

process.on('exit', () => {
  for (const child of living) signalGroup(child, 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

/** A process of the bench that is spoken to in lines of JSON. Its stderr is ours; it should end when its stdin does. */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  #ended = false;

  constructor(name: string, argv: readonly string[]) {
    const [program = '', ...args] = argv;
    this.name = name;
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    living.add(this.#process);
    if (this.#process.stdout === null) throw new Error('no pipe');
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#process.stdin?.on('error', () => undefined);
    this.#process.on('error', () => undefined);
    this.#process.on('close', () => {
      this.#ended = true;
      living.delete(this.#process);
      this.#lines.emit('gone');
    });
  }

  /** The next line of JSON that it prints. Rejects when none comes in time or the process ends. */
  async next(withinMs: number = READY_MS): Promise<unknown> {
    if (this.#ended) throw new Error(`${this.name} has ended`);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const gone = (): void => reject(new Error(`${this.name} ended`));
    const timer = setTimeout(() => reject(new Error(`${this.name} did not answer within ${withinMs} ms`)), withinMs);
    this.#lines.once('line', resolve);
    this.#lines.once('gone', gone);
    try {
      return JSON.parse(await promise);
    } finally {
      clearTimeout(timer);
      this.#lines.off('line', resolve);
      this.#lines.off('gone', gone);
    }
  }

  /** Sends a line of JSON and waits for the next one. */
  async ask(message: unknown, withinMs: number): Promise<unknown> {
    const answer = this.next(withinMs);
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
    return answer;
  }

  /** Ends the process: its stdin first, then TERM, then KILL for the whole group. */
  async end(): Promise<void> {
    if (this.#ended) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#process.once('close', () => resolve());
    const timer = setTimeout(() => signalGroup(this.#process, 'SIGKILL'), END_MS);
    this.#process.stdin?.end();
    signalGroup(this.#process, 'SIGTERM');
    await promise;
    clearTimeout(timer);
    signalGroup(this.#process, 'SIGKILL');
  }
}
