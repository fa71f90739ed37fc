import * as fs from 'node:fs';
import { dirname } from 'node:path';
import type { JournalFile, JournalFiles } from './journal-files.ts';

/**
 * O_DSYNC makes write and sync one hop of the thread pool (DESIGN section 8). Elsewhere it is missing or, on macOS, stops at the drive's
 * cache, while fdatasync there asks the drive to flush.
 */
const DSYNC: number | null = process.platform === 'linux' ? fs.constants.O_DSYNC : null;

const OWNER_ONLY_DIRECTORY = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** The disk of this machine. */
export const systemFiles: JournalFiles = {
  makeDirectory,
  list: listDirectory,
  create: async (path) => new SystemFile(await fs.promises.open(path, 'wx+', OWNER_ONLY_FILE), false),
  open: async (path) => new SystemFile(await fs.promises.open(path, fs.constants.O_RDWR | (DSYNC ?? 0)), DSYNC !== null),
  rename: (from, to) => fs.promises.rename(from, to),
  remove: (path) => fs.promises.rm(path),
  syncDirectory,
};

async function makeDirectory(path: string): Promise<void> {
  await fs.promises.mkdir(path, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  await syncDirectory(dirname(path));
}

async function listDirectory(path: string): Promise<readonly string[]> {
  try {
    return await fs.promises.readdir(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.promises.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

class SystemFile implements JournalFile {
  readonly #handle: fs.promises.FileHandle;
  readonly #dsync: boolean;

  constructor(handle: fs.promises.FileHandle, dsync: boolean) {
    this.#handle = handle;
    this.#dsync = dsync;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async writeDurably(data: Uint8Array, position: number): Promise<number> {
    const written = await this.write(data, position);
    if (!this.#dsync) await this.#handle.datasync();
    return written;
  }

  // The callback form costs a third of FileHandle.write, and every call of the gateway waits for two of these.
  write(data: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#handle.fd, data, 0, data.length, position, (error, written) => (error ? reject(error) : resolve(written)));
    });
  }

  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
