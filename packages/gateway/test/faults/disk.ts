import { dirname } from 'node:path';
import type { JournalFile, JournalFiles } from '../../src/audit/index.ts';

const SECTOR = 512;

/** Pseudo-random numbers below 1 from a seed (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A file's content as programs see it and as the platter has it. */
interface Inode {
  live: Buffer;
  durable: Buffer;
  /** Sectors in which the two may differ. */
  readonly dirty: Set<number>;
}

interface NameChange {
  readonly path: string;
  readonly inode: Inode | null;
}

/** What goes wrong, and when. Operations are counted from 1. */
export interface Faults {
  /** The power fails during this operation: it and all later ones never return. */
  readonly powerLossAt?: number;
  /** Durable writes that fail, with an error or half written. */
  readonly failWrite?: (nth: number) => 'EIO' | 'ENOSPC' | 'short' | null;
  /** Whether writes that make a new segment find the disk full. */
  readonly full?: () => boolean;
}

/**
 * A disk in memory that keeps only what was synced. At a power loss every sector and every name that was not synced is kept or lost by the
 * toss of a coin, one by one: writes are torn, dropped and reordered.
 */
export class Disk implements JournalFiles {
  readonly #random: () => number;
  readonly #faults: Faults;
  readonly #live: Map<string, Inode>;
  readonly #durable: Map<string, Inode>;
  #pending: NameChange[] = [];
  #operations = 0;
  #writes = 0;
  #lost: (() => void) | null = null;
  /** Resolves when the power fails. */
  readonly powerLoss: Promise<void>;

  constructor(random: () => number, faults: Faults = {}, content: ReadonlyMap<string, Buffer> = new Map()) {
    this.#random = random;
    this.#faults = faults;
    this.#live = new Map(
      [...content].map(([path, bytes]) => [path, { live: Buffer.from(bytes), durable: Buffer.from(bytes), dirty: new Set<number>() }]),
    );
    this.#durable = new Map(this.#live);
    this.powerLoss = new Promise((resolve) => {
      this.#lost = resolve;
    });
  }

  get operations(): number {
    return this.#operations;
  }

  /** What a program would read now. */
  content(): Map<string, Buffer> {
    return new Map([...this.#live].map(([path, inode]) => [path, Buffer.from(inode.live)]));
  }

  /** What is found after the power came back. */
  survivors(): Map<string, Buffer> {
    const names = new Map(this.#durable);
    for (const change of this.#pending) if (this.#random() < 0.5) rename(names, change);
    return new Map([...names].map(([path, inode]) => [path, this.#afterLoss(inode)]));
  }

  async makeDirectory(): Promise<void> {
    await this.#operation();
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#operation();
    const inside = [...this.#live.keys()]
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1).split('/')[0] ?? '');
    return [...new Set(inside)];
  }

  async create(path: string): Promise<JournalFile> {
    await this.#operation();
    if (this.#live.has(path)) throw new Error(`EEXIST ${path}`);
    const inode: Inode = { live: Buffer.alloc(0), durable: Buffer.alloc(0), dirty: new Set() };
    this.#change({ path, inode });
    return this.#file(inode);
  }

  async open(path: string): Promise<JournalFile> {
    await this.#operation();
    const inode = this.#live.get(path);
    if (inode === undefined) throw new Error(`ENOENT ${path}`);
    return this.#file(inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation();
    const inode = this.#live.get(from) ?? null;
    this.#change({ path: to, inode });
    this.#change({ path: from, inode: null });
  }

  async remove(path: string): Promise<void> {
    await this.#operation();
    if (!this.#live.has(path)) throw new Error(`ENOENT ${path}`);
    this.#change({ path, inode: null });
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#operation();
    const here = this.#pending.filter((change) => dirname(change.path) === path);
    for (const change of here) rename(this.#durable, change);
    this.#pending = this.#pending.filter((change) => dirname(change.path) !== path);
  }

  #change(change: NameChange): void {
    rename(this.#live, change);
    this.#pending.push(change);
  }

  // A file may grow only as far as its live size was when it was synced; sectors never synced are lost or kept, each for itself.
  #afterLoss(inode: Inode): Buffer {
    const bytes = Buffer.alloc(this.#random() < 0.5 ? inode.durable.length : Math.max(inode.live.length, inode.durable.length));
    inode.durable.copy(bytes);
    for (const sector of inode.dirty) {
      const from = sector * SECTOR;
      if (from < bytes.length && this.#random() < 0.5) inode.live.copy(bytes, from, from, Math.min(from + SECTOR, inode.live.length));
    }
    return bytes;
  }

  #file(inode: Inode): JournalFile {
    return {
      size: async () => inode.live.length,
      read: (into, position) => this.#read(inode, into, position),
      write: (data, position) => this.#write(inode, data, position),
      writeDurably: (data, position) => this.#writeDurably(inode, data, position),
      sync: () => this.#sync(inode),
      close: async () => undefined,
    };
  }

  async #read(inode: Inode, into: Uint8Array, position: number): Promise<number> {
    await this.#operation();
    const part = inode.live.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  async #write(inode: Inode, data: Uint8Array, position: number): Promise<number> {
    if (this.#faults.full?.() === true) throw new Error('ENOSPC: no space left on device, write');
    put(inode, data, position);
    await this.#operation();
    return data.length;
  }

  async #writeDurably(inode: Inode, data: Uint8Array, position: number): Promise<number> {
    const fault = this.#faults.failWrite?.(++this.#writes) ?? null;
    if (fault === 'short') return this.#halfWrite(inode, data, position);
    if (fault !== null) throw new Error(`${fault}: write`);
    put(inode, data, position);
    await this.#operation();
    await this.#operation();
    settle(inode, position, data.length);
    return data.length;
  }

  async #halfWrite(inode: Inode, data: Uint8Array, position: number): Promise<number> {
    const length = Math.floor(this.#random() * data.length);
    put(inode, data.subarray(0, length), position);
    await this.#operation();
    settle(inode, position, length);
    return length;
  }

  async #sync(inode: Inode): Promise<void> {
    await this.#operation();
    settle(inode, 0, inode.live.length);
  }

  // Every operation takes some turns, and the one at which the power fails never returns.
  async #operation(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 3); turns >= 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    this.#operations++;
    if (this.#operations < (this.#faults.powerLossAt ?? Number.POSITIVE_INFINITY)) return;
    this.#lost?.();
    await new Promise<never>(() => undefined);
  }
}

function rename(names: Map<string, Inode>, { path, inode }: NameChange): void {
  if (inode === null) names.delete(path);
  else names.set(path, inode);
}

function put(inode: Inode, data: Uint8Array, position: number): void {
  inode.live = atLeast(inode.live, position + data.length);
  inode.live.set(data, position);
  for (let sector = Math.floor(position / SECTOR); sector * SECTOR < position + data.length; sector++) inode.dirty.add(sector);
}

function settle(inode: Inode, position: number, length: number): void {
  inode.durable = atLeast(inode.durable, position + length);
  inode.live.copy(inode.durable, position, position, position + length);
  for (let sector = Math.floor(position / SECTOR); sector * SECTOR < position + length; sector++) inode.dirty.delete(sector);
}

function atLeast(bytes: Buffer, length: number): Buffer {
  return bytes.length >= length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
}

/** The same files with the syncs taken out: what a build that forgets them would do. */
export function withoutSync(files: JournalFiles): JournalFiles {
  const careless = (file: JournalFile): JournalFile => ({
    size: () => file.size(),
    read: (into, position) => file.read(into, position),
    write: (data, position) => file.write(data, position),
    writeDurably: (data, position) => file.write(data, position),
    sync: async () => undefined,
    close: () => file.close(),
  });
  return {
    makeDirectory: (path) => files.makeDirectory(path),
    list: (path) => files.list(path),
    create: async (path) => careless(await files.create(path)),
    open: async (path) => careless(await files.open(path)),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    syncDirectory: async () => undefined,
  };
}
