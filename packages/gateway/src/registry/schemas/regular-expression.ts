import { RE2JS } from 're2js';

/**
 * Whether a pattern means the same to RE2, whose time is linear, as to ECMA-262 with the `u` flag, which JSON Schema asks for. Where the
 * two read a pattern differently (`\z`, `[[:alpha:]]`) or RE2 cannot express it (look-around, back references), it is left to a worker.
 */
export function fitsRe2(pattern: string): boolean {
  if (pattern.includes('[:') || pattern.length > 2000) return false;
  try {
    new RegExp(pattern, 'u');
    RE2JS.compile(RE2JS.translateRegExp(pattern));
    return true;
  } catch {
    return false;
  }
}

/** What ajv calls for `pattern` on the main thread: linear time whatever the pattern and the text. Throws on patterns that `fitsRe2` refuses. */
export function linearEngine(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  // ajv shares compiled patterns by their text form: without one of its own, every pattern would be the first one that it met.
  return { test: (text) => compiled.test(text), toString: () => `linear ${pattern}` };
}
linearEngine.code = 'linearEngine';

/** The native engine, for a worker that can be killed. Patterns that are not valid with `u` are read without it, as validators in use do. */
export function nativeEngine(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}
nativeEngine.code = 'nativeEngine';
