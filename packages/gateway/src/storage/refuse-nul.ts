import { StorageError } from './storage-error.ts';

/** PostgreSQL stores no NUL in a text, SQLite would: neither is asked to, so that what one engine holds the other can. */
export function refuseNul(values: readonly unknown[]): void {
  for (const value of values) {
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (texts.some((text) => typeof text === 'string' && text.includes('\0')))
      throw new StorageError('storage.value_invalid', 'a text holds the character NUL, which is not stored');
  }
}
