import { fileURLToPath } from 'node:url';
import type { Era } from './answer.ts';
import { Child } from './child.ts';

export type TargetName = 'direct' | 'pass-through' | 'sallyport' | 'earlier';

/** Something that calls are sent to and whose process is measured. */
export interface Target {
  readonly name: TargetName;
  readonly mcp: string;
  readonly keys: readonly string[];
  readonly pid: number;
  /** The admin API's origin and a key for it, where there is one. */
  readonly admin: string | null;
  readonly adminKey: string | null;
}

/** The targets of one era, in the order of the tables, and how to end them. */
export interface Stage {
  readonly targets: readonly Target[];
  readonly load: Child;
  readonly end: () => Promise<void>;
}

export interface StageOptions {
  readonly era: Era;
  /** The command that starts the gateway; `--upstream URL --data DIR --era ERA` is appended. Null: the pass-through stands in. */
  readonly sallyport: readonly string[] | null;
  /** The command of an earlier gateway that is measured beside it; null: none. */
  readonly earlier: readonly string[] | null;
  /** Where the gateway keeps its data, and F is measured. */
  readonly data: string;
  readonly sse: boolean;
}

/** What each started process says in its first line (bench/README.md). */
interface Ready {
  readonly url?: string;
  readonly mcp?: string;
  readonly pid?: number;
  readonly keys?: readonly string[];
  readonly admin?: string;
  readonly adminKey?: string;
}

export const KEY_COUNT = 200;

/** Keys of the shape and length that a client sends, for targets that do not look at them. */
const inventedKeys = (): readonly string[] => Array.from({ length: KEY_COUNT }, (_, at) => `bench_${String(at).padStart(44, '0')}`);

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const node = (name: string, ...args: readonly string[]): readonly string[] => [process.execPath, script(name), ...args];

const targetOf = (name: TargetName, ready: Ready): Target => {
  const mcp = ready.mcp ?? ready.url;
  const keys = ready.keys ?? inventedKeys();
  if (mcp === undefined || ready.pid === undefined) throw new Error(`${name}: no mcp or pid in its first line`);
  if (keys.length < KEY_COUNT) throw new Error(`${name}: ${keys.length} keys, ${KEY_COUNT} are needed`);
  return { name, mcp, keys, pid: ready.pid, admin: ready.admin ?? null, adminKey: ready.adminKey ?? null };
};

const sallyportCommand = (options: StageOptions, upstream: string): readonly string[] =>
  options.sallyport === null
    ? node('pass-through.ts', '--upstream', upstream)
    : gatewayCommand(options.sallyport, upstream, options.data, options);

const gatewayCommand = (command: readonly string[], upstream: string, data: string, { era }: StageOptions): readonly string[] => [
  ...command,
  ...['--upstream', upstream, '--data', data, '--era', era],
];

/** Starts the upstream of one era, the pass-through, the gateway and the load generator. */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const children: Child[] = [];
  const start = (name: string, argv: readonly string[]): Child => {
    const child = new Child(name, argv);
    children.push(child);
    return child;
  };
  const end = async (): Promise<void> => {
    for (const child of children.reverse()) await child.end();
  };
  try {
    const upstream = start('upstream', node('upstream.ts', '--era', options.era, ...(options.sse ? ['--sse'] : [])));
    const direct = targetOf('direct', (await upstream.next()) as Ready);
    const plain = start('pass-through', node('pass-through.ts', '--upstream', direct.mcp));
    const passThrough = targetOf('pass-through', (await plain.next()) as Ready);
    const gateway = start('sallyport', sallyportCommand(options, direct.mcp));
    const sallyport = targetOf('sallyport', (await gateway.next()) as Ready);
    const targets = [direct, passThrough, sallyport];
    if (options.earlier !== null) {
      const before = start('earlier', gatewayCommand(options.earlier, direct.mcp, `${options.data}-earlier`, options));
      targets.push(targetOf('earlier', (await before.next()) as Ready));
    }
    return { targets, load: start('load', node('load.ts')), end };
  } catch (error) {
    await end();
    throw error;
  }
};
