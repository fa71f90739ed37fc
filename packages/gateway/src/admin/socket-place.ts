import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { sha256Hex } from '../base/bytes.ts';
import { failure, type Result, success } from '../base/result.ts';
import { ADMIN_LIMITS } from './limits.ts';

export interface SocketPlace {
  readonly path: string;
  /** The file that names the socket where it does not stand in the data directory; null where it does. */
  readonly pointer: string | null;
}

/**
 * Where the socket stands: in the data directory, or, where that path would be too long for a socket, in the runtime directory.
 * @param wanted where the configuration wants it, absolute; null: anywhere. @param data absolute; @param runtime XDG_RUNTIME_DIR or the temporary directory; @param uid keeps users of one temporary directory apart.
 */
export function socketPlace(data: string, runtime: string, uid: number, wanted: string | null = null): SocketPlace {
  if (wanted !== null) return { path: wanted, pointer: join(data, 'socket') };
  const near = join(data, 'admin.sock');
  if (Buffer.byteLength(near) <= ADMIN_LIMITS.socketPathBytes) return { path: near, pointer: null };
  return { path: join(runtime, `sallyport-${uid}`, `${sha256Hex(data).slice(0, 16)}.sock`), pointer: join(data, 'socket') };
}

/** Makes the place ready: a private folder, and no dead socket in the way. The caller owns the data directory, so whatever answers there is not ours. */
export async function prepareSocket(
  place: SocketPlace,
): Promise<Result<null, 'storage.permissions' | 'storage.data_in_use' | 'storage.unavailable'>> {
  try {
    if (place.pointer !== null) {
      const folder = join(place.path, '..');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isPrivate(folder)) return failure('storage.permissions', `${folder} belongs to somebody else, or others can reach it`);
    }
    const stats = lstatSync(place.path, { throwIfNoEntry: false });
    if (stats === undefined) return success(null);
    if (!stats.isSocket()) return failure('storage.permissions', `${place.path} is no socket; move it away`);
    if (await answers(place.path)) return failure('storage.data_in_use', `another process answers at ${place.path}`);
    rmSync(place.path);
    return success(null);
  } catch (error) {
    return failure('storage.unavailable', error instanceof Error ? error.message : String(error));
  }
}

/** After the socket listens: the pointer file, for clients that only know the data directory. */
export function pointToSocket(place: SocketPlace): void {
  if (place.pointer === null) return;
  writeFileSync(place.pointer, `${place.path}\n`, { mode: 0o600 });
  chmodSync(place.pointer, 0o600);
}

export function removeSocket(place: SocketPlace): void {
  rmSync(place.path, { force: true });
  if (place.pointer !== null) rmSync(place.pointer, { force: true });
}

function isPrivate(folder: string): boolean {
  const stats = lstatSync(folder);
  return stats.isDirectory() && (stats.mode & 0o077) === 0 && stats.uid === (process.getuid?.() ?? stats.uid);
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (answered: boolean) => (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', end(true)).once('error', end(false));
    socket.setTimeout(1000, end(false));
  });
