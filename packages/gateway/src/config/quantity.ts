const SIZE = /^(\d{1,9})(B|KB|MB)$/;
const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 * 1024 };

/** `10MB` in bytes (R2-040: MB is 1024 * 1024), or null. */
export function bytesIn(text: string): number | null {
  const [, count = '', unit = ''] = SIZE.exec(text) ?? [];
  const each = BYTES[unit];
  return each === undefined ? null : Number(count) * each;
}

/** `30_days` in days, `15_minutes` in minutes; null for another unit, zero, or no whole number. */
export function countOf(text: string, unit: 'days' | 'minutes'): number | null {
  const [, count = '', named = ''] = /^([1-9]\d{0,5})_([a-z]+)$/.exec(text) ?? [];
  return named === unit || (count === '1' && `${named}s` === unit) ? Number(count) : null;
}
