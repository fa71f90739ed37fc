import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { TargetKind } from '../../contracts/target.ts';
import { isObject } from '../../protocol/index.ts';
import type { Connection } from './connection.ts';
import { ownRequest } from './handshake.ts';

const CURSOR_CHARS = 4096;

interface ListOf {
  readonly method: string;
  /** The member of the result that holds the entries. */
  readonly member: string;
  /** The capability without which a server is not asked. */
  readonly capability: string;
  /** The member of an entry that names it. */
  readonly name: string;
  readonly nameBytes: number;
  readonly most: number;
}

export const LISTS: Readonly<Record<TargetKind, ListOf>> = {
  tool: {
    method: 'tools/list',
    member: 'tools',
    capability: 'tools',
    name: 'name',
    nameBytes: LIMITS.nameBytes,
    most: LIMITS.toolsPerServer,
  },
  prompt: {
    method: 'prompts/list',
    member: 'prompts',
    capability: 'prompts',
    name: 'name',
    nameBytes: LIMITS.nameBytes,
    most: LIMITS.toolsPerServer,
  },
  template: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    capability: 'resources',
    name: 'uriTemplate',
    nameBytes: LIMITS.uriBytes,
    most: LIMITS.toolsPerServer,
  },
  resource: {
    method: 'resources/list',
    member: 'resources',
    capability: 'resources',
    name: 'uri',
    nameBytes: LIMITS.uriBytes,
    most: LIMITS.resourcesPerServer,
  },
};

const METHOD_NOT_FOUND = -32601;

/** Everything of a kind that a server lists now, page by page within the limits. A server that says it has none is not asked. */
export async function readList(
  connection: Connection,
  kind: TargetKind,
  timeoutMs: number,
): Promise<Result<readonly JsonObject[], GatewayReason>> {
  const { method, member, capability, most } = LISTS[kind];
  if (!isObject(connection.facts.capabilities[capability])) return success([]);
  const items: JsonObject[] = [];
  const cursors = new Set<string>();
  let cursor: string | null = null;
  for (let page = 0; page < LIMITS.listPages; page++) {
    const params: JsonObject = cursor === null ? {} : { cursor };
    const answer = await connection.request(ownRequest(method, params, timeoutMs));
    if (!answer.ok) return answer;
    // Resources without templates are usual, and then some servers do not know the method.
    if (answer.value.kind === 'error' && answer.value.code === METHOD_NOT_FOUND && kind !== 'tool') return success([]);
    if (answer.value.kind === 'error')
      return failure('gateway.upstream_garbage', `${method}: ${answer.value.code} ${answer.value.message}`);
    const { [member]: listed, nextCursor } = answer.value.result;
    if (!Array.isArray(listed)) return failure('gateway.upstream_garbage', `${method}: no ${member}`);
    for (const item of listed) if (isNamed(item, kind)) items.push(item);
    if (items.length > most) return failure('gateway.upstream_too_large', `more than ${most} ${member}`);
    if (nextCursor === undefined || nextCursor === null) return success(items);
    if (typeof nextCursor !== 'string' || nextCursor.length > CURSOR_CHARS || cursors.has(nextCursor)) {
      return failure('gateway.upstream_garbage', `${method}: the cursor goes nowhere`);
    }
    cursors.add(nextCursor);
    cursor = nextCursor;
  }
  return failure('gateway.upstream_too_large', `more than ${LIMITS.listPages} pages of ${member}`);
}

/** Name to digest. A definition over the size limit and a name listed twice get no digest that any pin has, so they stay hidden. */
export function digestItems(kind: TargetKind, items: readonly JsonObject[]): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const item of items) {
    const name = item[LISTS[kind].name] as string;
    digests.set(name, digests.has(name) ? AMBIGUOUS : digestOf(item));
  }
  return digests;
}

const AMBIGUOUS = 'listed twice';
const TOO_LARGE = 'too large';

function digestOf(item: JsonObject): string {
  const form = canonicalize(item);
  if (!form.ok) return form.reason;
  return Buffer.byteLength(form.value) > LIMITS.toolDefinitionBytes ? TOO_LARGE : sha256Hex(form.value);
}

function isNamed(item: unknown, kind: TargetKind): item is JsonObject {
  const { name: key, nameBytes } = LISTS[kind];
  const name = isObject(item as JsonObject) ? (item as JsonObject)[key] : undefined;
  return typeof name === 'string' && name !== '' && name.length <= nameBytes;
}

export function sameDigests(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, digest]) => b.get(name) === digest);
}
