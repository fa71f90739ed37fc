import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { isObject } from '../../protocol/index.ts';
import type { Connection } from './connection.ts';
import { ownRequest } from './handshake.ts';

const CURSOR_CHARS = 4096;

/** Every tool that a server lists now, page by page within the limits. A server that says it has no tools is not asked. */
export async function readTools(connection: Connection, timeoutMs: number): Promise<Result<readonly JsonObject[], GatewayReason>> {
  if (!isObject(connection.facts.capabilities['tools'])) return success([]);
  const tools: JsonObject[] = [];
  const cursors = new Set<string>();
  let cursor: string | null = null;
  for (let page = 0; page < LIMITS.listPages; page++) {
    const params: JsonObject = cursor === null ? {} : { cursor };
    const answer = await connection.request(ownRequest('tools/list', params, timeoutMs));
    if (!answer.ok) return answer;
    if (answer.value.kind === 'error')
      return failure('gateway.upstream_garbage', `tools/list: ${answer.value.code} ${answer.value.message}`);
    const { tools: listed, nextCursor } = answer.value.result;
    if (!Array.isArray(listed)) return failure('gateway.upstream_garbage', 'tools/list: no tools');
    for (const tool of listed) if (isNamed(tool)) tools.push(tool);
    if (tools.length > LIMITS.toolsPerServer) return failure('gateway.upstream_too_large', `more than ${LIMITS.toolsPerServer} tools`);
    if (nextCursor === undefined || nextCursor === null) return success(tools);
    if (typeof nextCursor !== 'string' || nextCursor.length > CURSOR_CHARS || cursors.has(nextCursor)) {
      return failure('gateway.upstream_garbage', 'tools/list: the cursor goes nowhere');
    }
    cursors.add(nextCursor);
    cursor = nextCursor;
  }
  return failure('gateway.upstream_too_large', `more than ${LIMITS.listPages} pages of tools`);
}

/** Name to digest. A definition over the size limit and a name listed twice get no digest that any pin has, so they stay hidden. */
export function digestTools(tools: readonly JsonObject[]): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const tool of tools) {
    const name = tool['name'] as string;
    digests.set(name, digests.has(name) ? AMBIGUOUS : digestOf(tool));
  }
  return digests;
}

const AMBIGUOUS = 'listed twice';
const TOO_LARGE = 'too large';

function digestOf(tool: JsonObject): string {
  const form = canonicalize(tool);
  if (!form.ok) return form.reason;
  return Buffer.byteLength(form.value) > LIMITS.toolDefinitionBytes ? TOO_LARGE : sha256Hex(form.value);
}

const isNamed = (tool: unknown): tool is JsonObject => {
  const name = isObject(tool as JsonObject) ? (tool as JsonObject)['name'] : undefined;
  return typeof name === 'string' && name !== '' && name.length <= LIMITS.nameBytes;
};

export function sameTools(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, digest]) => b.get(name) === digest);
}
