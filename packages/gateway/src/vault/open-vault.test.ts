import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../base/bytes.ts';
import { openVault, type Vault } from './index.ts';
import { MOST_SEALS, SEAL_BLOCK, SealCount } from './seal-count.ts';

let dir: string;
let file: string;
const open = (create = false) => openVault({ file, create, random });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-vault-'));
  file = join(dir, 'vault.key');
});
afterEach(() => rmSync(dir, { recursive: true }));

function opened(create = false): Vault {
  const result = open(create);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result.value;
}

describe('the key file', () => {
  test('is made private, says what it is, and gives the same keys again', () => {
    const first = opened(true);
    const key = first.stateKey();
    const pepper = first.mac('pepper').mac('x');
    first.close();
    for (const name of readdirSync(dir)) expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(readdirSync(dir).sort()).toEqual(['vault.key', 'vault.key.uses']);
    expect(readFileSync(file, 'latin1')).toMatch(/^sallyport key file v1: /);
    const second = opened(true);
    expect(second.stateKey()).toEqual(key);
    expect(second.mac('pepper').mac('x')).toEqual(pepper);
  });

  test('that is missing is named, and made only where that was asked for', () => {
    expect(open()).toMatchObject({ ok: false, reason: 'vault.key_file_missing', detail: expect.stringContaining('copy') });
    expect(readdirSync(dir)).toEqual([]);
  });

  test('that has any byte changed is named as damaged and left as it is', () => {
    opened(true).close();
    const good = readFileSync(file);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
      writeFileSync(file, bad);
      expect(open(true)).toMatchObject({ ok: false, reason: 'vault.key_file_damaged', detail: expect.stringContaining('copy') });
      expect(readFileSync(file)).toEqual(bad);
    }
  });

  test.each([
    ['empty', (good: Buffer) => good.subarray(0, 0)],
    ['cut short', (good: Buffer) => good.subarray(0, 100)],
    ['longer', (good: Buffer) => Buffer.concat([good, Buffer.alloc(100)])],
    ['of another version', (good: Buffer) => Buffer.from(good.toString('latin1').replace('v1', 'v2'), 'latin1')],
    ['garbage', () => random(500)],
  ])('that is %s is damaged', (_how, harm) => {
    opened(true).close();
    writeFileSync(file, harm(readFileSync(file)));
    expect(open(true)).toMatchObject({ ok: false, reason: 'vault.key_file_damaged' });
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o666])('with mode %o is refused', (mode) => {
    opened(true).close();
    chmodSync(file, mode);
    expect(open(true)).toMatchObject({ ok: false, reason: 'vault.key_file_permissions', detail: expect.stringContaining('chmod 600') });
  });

  test('that is a named pipe is refused at once, instead of waited for', () => {
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(openVault({ file: pipe, create: true, random })).toMatchObject({ reason: 'vault.key_file_damaged' });
  });

  test('that is a link or a directory is refused', () => {
    opened(true).close();
    symlinkSync(file, join(dir, 'link'));
    expect(openVault({ file: join(dir, 'link'), create: true, random })).toMatchObject({ reason: 'vault.key_file_permissions' });
    expect(openVault({ file: dir, create: true, random })).toMatchObject({ ok: false });
  });

  test('that cannot be written is named', () => {
    file = join(dir, 'nowhere', 'vault.key');
    expect(open(true)).toMatchObject({ ok: false });
  });
});

describe('envelopes', () => {
  test('hold any bytes, differ each time, and show nothing of what they hold', () => {
    const sealer = opened(true).sealer('audit');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string({ maxLength: 100 }), (plain, aad) => {
        const envelope = sealer.seal(plain, aad);
        const result = sealer.open(envelope, aad);
        expect(result.ok && result.value.equals(plain)).toBe(true);
        expect(sealer.seal(plain, aad)).not.toEqual(envelope);
        if (plain.length > 4) expect(envelope.includes(Buffer.from(plain))).toBe(false);
      }),
    );
  });

  test('open with no byte changed, cut or added', () => {
    const sealer = opened(true).sealer('audit');
    const good = sealer.seal(Buffer.from('secret'), 'row 1');
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 0x80, at);
      expect(sealer.open(bad, 'row 1').ok).toBe(false);
      expect(sealer.open(good.subarray(0, at), 'row 1')).toMatchObject({ reason: expect.stringMatching(/^vault\./) });
    }
    expect(sealer.open(Buffer.concat([good, Buffer.from([0])]), 'row 1').ok).toBe(false);
    expect(sealer.open(good, 'row 2')).toMatchObject({ reason: 'vault.envelope_damaged' });
  });

  test('garbage of any kind is refused, never thrown on', () => {
    const sealer = opened(true).sealer('audit');
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !sealer.open(bytes, '').ok));
  });

  test('of another purpose or another vault are told apart by key id', () => {
    const vault = opened(true);
    const envelope = vault.sealer('audit').seal(Buffer.from('x'), '');
    expect(vault.sealer('handles').open(envelope, '')).toMatchObject({ reason: 'vault.key_unknown' });
    const other = openVault({ file: join(dir, 'other.key'), create: true, random });
    expect(other.ok && other.value.sealer('audit').open(envelope, '')).toMatchObject({ reason: 'vault.key_unknown' });
  });

  test('keys for sealing, authenticating and opening the database are all different, by purpose and by use', () => {
    const vault = opened(true);
    const all = (['state', 'audit', 'pepper', 'handles'] as const).flatMap((purpose) => [
      vault.mac(purpose).mac(''),
      vault.sealer(purpose).keyId,
    ]);
    expect(new Set(all).size).toBe(8);
  });

  test('a closed vault does nothing more', () => {
    const vault = opened(true);
    const [sealer, mac] = [vault.sealer('audit'), vault.mac('pepper')];
    const envelope = sealer.seal(Buffer.from('x'), '');
    vault.close();
    vault.close();
    for (const use of [() => sealer.seal(envelope, ''), () => sealer.open(envelope, ''), () => mac.mac('x'), () => vault.stateKey()]) {
      expect(use).toThrow('closed');
    }
  });
});

describe('the count of seals', () => {
  const uses = () => Number(/^audit (\d+)$/m.exec(readFileSync(`${file}.uses`, 'latin1'))?.[1]);
  const countAt = (count: number) => SealCount.open({ file: `${file}.uses`, draftName: () => `${file}.draft` }, count);

  test('is on disk before the first use, and given back exactly at the end', () => {
    const vault = opened(true);
    const sealer = vault.sealer('audit');
    for (let i = 0; i < 3; i++) sealer.seal(Buffer.from('x'), '');
    expect(uses()).toBe(SEAL_BLOCK);
    vault.close();
    expect(uses()).toBe(3);
  });

  test('of a process that was killed counts its whole block', () => {
    opened(true).sealer('audit').seal(Buffer.from('x'), '');
    opened().sealer('audit').seal(Buffer.from('x'), '');
    expect(uses()).toBe(2 * SEAL_BLOCK);
  });

  test('ends at 2^30: not one seal more', () => {
    const count = countAt(MOST_SEALS - 2);
    if (!count.ok) throw new Error(count.detail);
    count.value.take('audit');
    count.value.take('audit');
    expect(() => count.value.take('audit')).toThrow('rotated');
    count.value.close();
    const vault = opened(true);
    expect(() => vault.sealer('audit').seal(Buffer.from('x'), '')).toThrow('rotated');
  });

  test('that is lost resumes at half, and that is damaged is named', () => {
    opened(true).close();
    rmSync(`${file}.uses`);
    opened().close();
    expect(uses()).toBe(MOST_SEALS / 2);
    writeFileSync(`${file}.uses`, readFileSync(`${file}.uses`, 'latin1').replace('audit 5', 'audit 4'));
    expect(open()).toMatchObject({ ok: false, reason: 'vault.key_file_damaged', detail: expect.stringContaining('move it away') });
  });

  test('that cannot be written lets nothing be sealed', () => {
    const vault = opened(true);
    rmSync(dir, { recursive: true });
    expect(() => vault.sealer('audit').seal(Buffer.from('x'), '')).toThrow('counted');
    dir = mkdtempSync(join(tmpdir(), 'sallyport-vault-'));
  });
});
