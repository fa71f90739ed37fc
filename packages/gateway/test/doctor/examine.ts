import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { Checking } from '../../src/cli/commands/check.ts';
import type { PrintingClients } from '../../src/cli/commands/clients.ts';
import type { Connecting } from '../../src/cli/commands/connect.ts';
import type { Initialising } from '../../src/cli/commands/init.ts';
import type { Starting } from '../../src/cli/commands/serve.ts';
import type { Finding } from '../../src/cli/doctor/checks.ts';
import { programOf } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export const SAFE_NODE = 'v26.12.1';

export interface Examined {
  readonly findings: readonly Finding[];
  readonly limits: readonly string[];
  readonly found: boolean;
  readonly out: string;
}

export interface Way {
  readonly args: readonly string[];
  readonly node?: string;
  readonly now?: number;
  /** Null: a pipe; a number: a terminal; absent: --json. */
  readonly width?: number | null;
}

/** `sallyport doctor` in this process, as if on a machine with a certain Node and clock. */
export async function examine({ args, node = SAFE_NODE, now = Date.now(), width }: Way): Promise<Examined> {
  const outs: string[] = [];
  let found = false;
  const json = width === undefined;
  const terminal: Terminal = {
    screen: { width: width ?? null, color: false },
    json,
    print: (text) => void outs.push(text),
    printJson: (value) => void outs.push(JSON.stringify(value)),
    tell: () => undefined,
  };
  const program = await programOf({
    version: '0',
    out: () => undefined,
    err: () => undefined,
    surroundings: { terminalFor: () => terminal, now: () => now, adding: { env: {}, cwd: tmpdir(), ask: null } },
    starting: {} as Starting,
    checking: {} as Checking,
    connecting: {} as Connecting,
    printing: {} as PrintingClients,
    initialising: {} as Initialising,
    examining: {
      terminalFor: () => terminal,
      now: () => now,
      absolute: resolve,
      uid: process.getuid?.() ?? 0,
      node,
      foundSomething: () => {
        found = true;
      },
    },
  });
  await program.parseAsync([...args, ...(json ? ['--json'] : []), 'doctor'], { from: 'user' });
  const out = outs.join('\n');
  return { ...(json ? (JSON.parse(out) as Pick<Examined, 'findings' | 'limits'>) : { findings: [], limits: [] }), found, out };
}
