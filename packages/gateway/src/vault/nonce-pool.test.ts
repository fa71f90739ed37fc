import { expect, test } from 'vitest';
import { random } from '../base/bytes.ts';
import { NoncePool } from './nonce-pool.ts';

function take(pool: NoncePool): string {
  const nonce = Buffer.alloc(12);
  pool.takeInto(nonce, 0);
  return nonce.toString('hex');
}

test('every byte of the source is given out once, in order, across blocks', () => {
  const drawn: string[] = [];
  const pool = new NoncePool((length) => {
    const block = random(length);
    drawn.push(block.toString('hex'));
    return block;
  });
  const nonces = Array.from({ length: 200 }, () => take(pool));
  expect(new Set(nonces).size).toBe(200);
  expect(drawn.join('').startsWith(nonces.join(''))).toBe(true);
  expect(drawn).toHaveLength(4);
});

test('what was given out is overwritten, what was not is still there', () => {
  let block: Buffer = Buffer.alloc(0);
  const pool = new NoncePool((length) => {
    block = random(length);
    return block;
  });
  take(pool);
  take(pool);
  expect(block.subarray(0, 24)).toEqual(Buffer.alloc(24));
  expect(block.subarray(24).equals(Buffer.alloc(block.length - 24))).toBe(false);
});

test('a nonce is written in its place and nowhere else', () => {
  const target = Buffer.alloc(32);
  new NoncePool((length) => Buffer.alloc(length, 0xff)).takeInto(target, 20);
  expect(target.toString('hex')).toBe('00'.repeat(20) + 'ff'.repeat(12));
});

test.each([0, 12, 767, 769])('a source that gives %i bytes gives no nonce', (length) => {
  expect(() => take(new NoncePool(() => random(length)))).toThrow('randomness');
});

test('a source that fails gives no nonce a second time', () => {
  let calls = 0;
  const pool = new NoncePool((length) => {
    if (++calls > 1) throw new Error('no entropy');
    return random(length);
  });
  const nonces = Array.from({ length: 64 }, () => take(pool));
  for (let i = 0; i < 3; i++) expect(() => take(pool)).toThrow('no entropy');
  expect(new Set(nonces).size).toBe(64);
});
