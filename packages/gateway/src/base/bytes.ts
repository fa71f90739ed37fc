import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto';

export type Bytes = Uint8Array;

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

export const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

export const random = (length: number): Buffer => randomBytes(length);

/** Compares two byte strings in time that depends on their lengths only. */
export const equalInConstantTime = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
