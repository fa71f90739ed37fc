import type { JsonObject } from '../contracts/json.ts';

const MARK = '"result":';

/**
 * The text of `message.result` out of `text`, which must be `JSON.stringify(message)`: a slice, so that a large result is neither
 * written again nor copied. The members around it are short (`jsonrpc`, `id`) and are measured. Equals `JSON.stringify(message.result)`.
 */
export function sliceResult(text: string, message: JsonObject & { readonly result: JsonObject }): string {
  let before = 1;
  let after = 1;
  let found = false;
  for (const key of Object.keys(message)) {
    if (key === 'result') {
      found = true;
      continue;
    }
    const length = JSON.stringify(key).length + 1 + JSON.stringify(message[key]).length + 1;
    if (found) after += length;
    else before += length;
  }
  const start = before + MARK.length;
  if (!text.startsWith(MARK, before)) return JSON.stringify(message.result);
  return text.slice(start, text.length - after);
}
