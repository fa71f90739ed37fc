import type { BadInput, Stand } from './bad-stand.ts';

const inSession = (stand: Stand): Record<string, string> => ({ ...stand.batching.headers });

const ping = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
const CALL = '{"jsonrpc":"2.0","id":"bad","method":"tools/call","params":{"name":"local__echo","arguments":{"text":"never seen"}}}';
const INITIALIZE =
  '{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}';

const whole = (name: string, body: string, reason = 'protocol.invalid_batch', code = -32600): BadInput => ({
  name,
  era: 'legacy',
  headers: inSession,
  body,
  status: 400,
  code,
  id: null,
  reason,
});

/** Batches of 2025-03-26 that are refused whole: nothing of them is forwarded, whatever else stands in them. */
export const BAD_BATCHES: readonly BadInput[] = [
  whole('an empty batch of 2025-03-26', '[]'),
  whole('twenty-one messages', `[${Array.from({ length: 20 }, (_, i) => ping(i)).join(',')},${CALL}]`),
  whole('a thousand messages', `[${Array.from({ length: 1000 }, (_, i) => ping(i)).join(',')}]`),
  whole('a batch in a batch', `[${CALL},[${ping(1)}]]`),
  whole('an empty batch in a batch', `[${CALL},[]]`),
  whole('initialize in a batch', `[${CALL},${INITIALIZE}]`),
  whole('two requests with one id', `[${CALL},${CALL}]`),
  whole('two requests with one id, spelt otherwise', `[${CALL},${ping('bad').replace('"bad"', '"\\u0062ad"')}]`),
  whole('a batch with a key that stands twice', `[${CALL.replace('"id":"bad"', '"id":"bad","id":"worse"')}]`, 'protocol.duplicate_key'),
  whole('a batch that is too deep', `[${CALL},${'['.repeat(100)}${']'.repeat(100)}]`, 'protocol.too_deep'),
  whole('a batch that does not end', `[${CALL}`, 'protocol.invalid_json', -32700),
  whole('a batch with a forbidden key', `[${CALL},{"__proto__":{}}]`, 'protocol.forbidden_key'),
];
