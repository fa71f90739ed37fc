import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pointToSocket, prepareSocket, removeSocket, socketPlace } from './socket-place.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sp-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the place of the socket', () => {
  it('is the data directory where its path fits', () => {
    expect(socketPlace('/srv/data', '/run/user/7', 7)).toEqual({ path: '/srv/data/admin.sock', pointer: null });
  });

  it('is the runtime directory where the path would be too long, and DATA/socket names it', async () => {
    const data = join(folder, 'd');
    const place = socketPlace(`/${'x'.repeat(100)}`, folder, 7);
    expect(place.path.startsWith(join(folder, 'sallyport-7'))).toBe(true);
    expect(place.pointer).toBe(`/${'x'.repeat(100)}/socket`);
    const named = { path: place.path, pointer: data };
    expect(await prepareSocket(named)).toEqual({ ok: true, value: null });
    pointToSocket(named);
    expect(readFileSync(data, 'utf8')).toBe(`${place.path}\n`);
    removeSocket(named);
  });

  it('is refused where something else than a socket stands, which is left as it is', async () => {
    const path = join(folder, 'admin.sock');
    writeFileSync(path, 'mine');
    expect(await prepareSocket({ path, pointer: null })).toMatchObject({ ok: false, reason: 'storage.permissions' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('is refused where another process answers', async () => {
    const path = join(folder, 'admin.sock');
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await prepareSocket({ path, pointer: null })).toMatchObject({ ok: false, reason: 'storage.data_in_use' });
    await new Promise((resolve) => server.close(resolve));
  });
});
