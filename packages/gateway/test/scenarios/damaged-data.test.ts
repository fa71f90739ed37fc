import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import { type Result, success } from '../../src/base/result.ts';
import type { Reason } from '../../src/contracts/reasons/index.ts';
import { startGateway } from '../../src/main.ts';
import { type GatewayProcess, startProcess } from '../faults/gateway-process.ts';
import { copyDirectory, fingerprint } from './data-directory.ts';
import { startOptions, startTestGateway, toolServer, UNLIMITED } from './running-gateway.ts';
import { call, session, textOf } from './wire.ts';

let folder: string;
let whole: string;
let data: string;

/** A directory that was in use: a server with pins, keys, calls in the journal, ended properly. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-damage-'));
  whole = join(folder, 'whole');
  data = join(folder, 'data');
  const gateway = await startTestGateway({ data: whole, servers: [toolServer('local')] });
  const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
  for (let i = 0; i < 5; i++) await call(caller, i, 'local__echo', { text: `before ${i}` });
  await gateway.stop();
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(): Promise<Result<null, Reason>> {
  const started = await startGateway(startOptions(data, silentLogger));
  if (!started.ok) return started;
  await started.value.stop();
  return success(null);
}

const at = (...names: string[]): string => join(data, ...names);
const SEGMENT = ['journal', 'default', '00000001.seg'];

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  const place = offset < 0 ? bytes.length + offset : offset;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

type Row = readonly [string, () => void, string, RegExp];

const DAMAGE: readonly Row[] = [
  ['a flipped bit in the key file', () => flip(at('keys'), 100), 'vault.key_file_damaged', /keys/],
  ['a key file cut short', () => truncateSync(at('keys'), 60), 'vault.key_file_damaged', /keys/],
  ['an empty key file', () => truncateSync(at('keys'), 0), 'vault.key_file_damaged', /keys/],
  ['no key file', () => rmSync(at('keys')), 'vault.key_file_missing', /keys/],
  ['a link in place of the key file', () => linked('keys'), 'vault.key_file_permissions', /keys/],
  ['a key file that others can read', () => chmodSync(at('keys'), 0o640), 'vault.key_file_permissions', /chmod/],
  ['a damaged count of seals', () => writeFileSync(at('keys.uses'), 'garbage'), 'vault.key_file_damaged', /keys\.uses.*move it away/],
  ['a flipped bit in the first page of the database', () => flip(at('state.db'), 50), 'storage.damaged', /state\.db/],
  ['a flipped bit further on in the database', () => flip(at('state.db'), -2000), 'storage.damaged', /state\.db/],
  ['a database cut short', () => truncateSync(at('state.db'), 5000), 'storage.damaged', /state\.db/],
  ['an empty database', () => truncateSync(at('state.db'), 0), 'storage.damaged', /state\.db/],
  ['garbage in place of the database', () => writeFileSync(at('state.db'), 'x'.repeat(20_000)), 'storage.damaged', /state\.db/],
  ['no database', () => rmSync(at('state.db')), 'storage.damaged', /state\.db/],
  ['a database that others can read', () => chmodSync(at('state.db'), 0o644), 'storage.permissions', /chmod/],
  ['keys of another data directory', () => otherKeys(), 'storage.wrong_key', /key/],
  ['a flipped bit in a record of the journal', () => flip(at(...SEGMENT), 700), 'audit.journal_damaged', /00000001\.seg.*To recover/],
  ['a flipped bit in the head of a segment', () => flip(at(...SEGMENT), 20), 'audit.journal_damaged', /00000001\.seg, byte 0/],
  ['a segment cut short', () => truncateSync(at(...SEGMENT), 1_000_000), 'audit.journal_damaged', /00000001\.seg.*1000000 bytes/],
  ['an empty segment', () => truncateSync(at(...SEGMENT), 0), 'audit.journal_damaged', /00000001\.seg/],
  [
    'a segment of another number',
    () => renameSync(at(...SEGMENT), at('journal', 'default', '00000002.seg')),
    'audit.journal_damaged',
    /missing/,
  ],
  ['no journal', () => rmSync(at('journal'), { recursive: true }), 'audit.journal_damaged', /journal is missing.*To recover/],
  ['a directory that others can read', () => chmodSync(data, 0o750), 'storage.permissions', /chmod go-rwx/],
];

// What the gateway records of a start that it then refuses is no damage; the file in question must be as it was.
const KEPT: readonly Row[] = [
  ['half of the kept admin key', () => truncateSync(at('admin.key'), 20), 'identity.kept_key_damaged', /admin\.key.*left as it is/],
  ['an empty kept client key', () => truncateSync(at('client.key'), 0), 'identity.kept_key_damaged', /client\.key.*left as it is/],
  ['a kept key that others can read', () => chmodSync(at('client.key'), 0o644), 'identity.kept_key_permissions', /chmod 600/],
  ['a link in place of a kept key', () => linked('admin.key'), 'identity.kept_key_permissions', /link/],
];

function linked(name: string): void {
  renameSync(at(name), at(`${name}.elsewhere`));
  symlinkSync(at(`${name}.elsewhere`), at(name));
}

function otherKeys(): void {
  writeFileSync(at('keys'), readFileSync(join(folder, 'other', 'keys')), { mode: 0o600 });
}

describe('a damaged data directory is named with the way to recover, and nothing in it is changed', () => {
  beforeAll(async () => {
    const other = await startTestGateway({ data: join(folder, 'other') });
    await other.stop();
  }, 30_000);

  it.each(DAMAGE)('%s', async (_name, damage, reason, detail) => {
    copyDirectory(whole, data);
    damage();
    const before = fingerprint(data);
    expect(await start()).toMatchObject({ ok: false, reason, detail: expect.stringMatching(detail) });
    expect(fingerprint(data)).toEqual(before);
  });

  it.each(KEPT)('%s', async (_name, damage, reason, detail) => {
    copyDirectory(whole, data);
    damage();
    const before = fingerprint(data, /^(journal|state\.db|keys\.uses)/);
    expect(await start()).toMatchObject({ ok: false, reason, detail: expect.stringMatching(detail) });
    expect(fingerprint(data, /^(journal|state\.db|keys\.uses)/)).toEqual(before);
  });

  it('starts again once the damaged file is put back', async () => {
    copyDirectory(whole, data);
    flip(at('keys'), 100);
    expect(await start()).toMatchObject({ ok: false });
    writeFileSync(at('keys'), readFileSync(join(whole, 'keys')));
    expect(await start()).toMatchObject({ ok: true });
  });

  it('is no directory at all', async () => {
    rmSync(data, { recursive: true, force: true });
    writeFileSync(data, 'a file');
    expect(await start()).toMatchObject({ ok: false, reason: expect.stringMatching(/^storage\./) });
    expect(readFileSync(data, 'utf8')).toBe('a file');
  });
});

// Processes of their own: reading a locked database in the process that locked it would drop the lock.
describe('a data directory in use', () => {
  const order = () => ({
    data,
    settings: UNLIMITED,
    seed: { servers: [], client: { name: 'client', roles: ['writer'] as const }, grants: [] },
  });
  let first: GatewayProcess;
  beforeAll(async () => {
    copyDirectory(whole, data);
    first = startProcess(folder, order());
    expect(await first.said).toMatchObject({ ok: true });
  });
  afterAll(() => first.kill());

  it('is refused to a second process before that starts or writes anything, and the first goes on', async () => {
    const before = fingerprint(data);
    const second = startProcess(folder, order());
    expect(await second.said).toMatchObject({ ok: false, reason: 'storage.data_in_use', detail: expect.stringContaining(data) });
    await second.ended;
    expect(fingerprint(data)).toEqual(before);
    const said = await first.said;
    if (said?.ok !== true) throw new Error('it did not start');
    const caller = await session({ mcp: said.mcp, key: said.key });
    expect(textOf(await call(caller, 1, 'local__echo', { text: 'still here' }))).toContain('still here');
  });
});

it('a directory is made private, whatever the umask', async () => {
  rmSync(data, { recursive: true, force: true });
  expect(await start()).toMatchObject({ ok: true });
  expect(statSync(data).mode & 0o777).toBe(0o700);
  expect(existsSync(at('keys'))).toBe(true);
});
