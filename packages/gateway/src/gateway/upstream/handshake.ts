import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { isLegacyRevision, isObject, LATEST_LEGACY, MODERN, REVISIONS, writeTraceContext } from '../../protocol/index.ts';
import type { Cancellable } from '../cancellation.ts';
import type { Outcome } from './calls.ts';
import { CLIENT_INFO, type ServerFacts } from './connection.ts';
import type { ListName, UpstreamRequest, Watch } from './upstream.ts';

/** What this gateway speaks towards servers, newest first. 2024-11-05 is refused: its transport and its batches are not built. */
const LEGACY_REVISIONS: readonly string[] = REVISIONS.filter(isLegacyRevision).reverse();

export type Ask = (request: UpstreamRequest) => Promise<Outcome>;

/** A request that the gateway makes for itself. */
export const ownRequest = (method: string, params: JsonObject, timeoutMs: number): UpstreamRequest => ({
  method,
  params,
  timeoutMs,
  signal: NEVER,
  onProgress: null,
  log: null,
  paramHeaders: {},
});

const NEVER = new AbortController().signal;

/** `initialize` of the stateful revisions. The caller sends `notifications/initialized` once this has succeeded. */
export async function initialize(ask: Ask, capabilities: JsonObject, timeoutMs: number): Promise<Result<ServerFacts, GatewayReason>> {
  const params = { protocolVersion: LATEST_LEGACY, capabilities, clientInfo: CLIENT_INFO };
  const answer = await ask(ownRequest('initialize', params, timeoutMs));
  if (!answer.ok) return answer;
  if (answer.value.kind === 'error') return failure('gateway.upstream_era', `initialize: ${answer.value.code} ${answer.value.message}`);
  const { protocolVersion, serverInfo, capabilities: offered } = answer.value.result;
  const at = LEGACY_REVISIONS.indexOf(String(protocolVersion));
  const revision = LEGACY_REVISIONS[at];
  if (revision === undefined) return failure('gateway.upstream_era', `the server answered with revision ${String(protocolVersion)}`);
  if (!isObject(offered)) return failure('gateway.upstream_garbage', 'initialize: no capabilities');
  return success({
    era: 'legacy',
    revision,
    revisions: LEGACY_REVISIONS.slice(at),
    serverInfo: isObject(serverInfo) ? serverInfo : {},
    capabilities: offered,
  });
}

/** `server/discover` of the stateless revision. `gateway.upstream_era` where the server does not know it. */
export async function discover(ask: Ask, timeoutMs: number): Promise<Result<ServerFacts, GatewayReason>> {
  const answer = await ask(ownRequest('server/discover', {}, timeoutMs));
  if (!answer.ok) return answer;
  if (answer.value.kind === 'error')
    return failure('gateway.upstream_era', `server/discover: ${answer.value.code} ${answer.value.message}`);
  const { supportedVersions, capabilities, serverInfo, _meta } = answer.value.result;
  if (!Array.isArray(supportedVersions) || !isObject(capabilities))
    return failure('gateway.upstream_garbage', 'server/discover: wrong shape');
  if (!supportedVersions.includes(MODERN)) return failure('gateway.upstream_era', 'the server does not speak 2026-07-28');
  const inMeta = isObject(_meta) ? _meta['io.modelcontextprotocol/serverInfo'] : undefined;
  const named = isObject(serverInfo) ? serverInfo : inMeta;
  return success({
    era: 'modern',
    revision: MODERN,
    revisions: [MODERN],
    serverInfo: isObject(named) ? named : {},
    capabilities,
  });
}

/** The `_meta` that every request of 2026-07-28 carries, merged over what the params had. */
export function modernParams(request: UpstreamRequest, id: string, capabilities: JsonObject): JsonObject {
  const given = request.params['_meta'];
  const meta: Record<string, JsonValue> = {
    ...(isObject(given) ? given : {}),
    ...(request.traced === undefined ? {} : writeTraceContext(request.traced)),
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
    'io.modelcontextprotocol/clientCapabilities': request.capabilities ?? capabilities,
  };
  if (request.log !== null) meta['io.modelcontextprotocol/logLevel'] = request.log.level;
  if (request.onProgress !== null) meta['progressToken'] = id;
  return { ...request.params, _meta: meta };
}

/** Params of a stateful request: a progress token of ours where the caller asked for progress. */
export function legacyParams(request: UpstreamRequest, id: string): JsonObject {
  if (request.onProgress === null) return request.params;
  const given = request.params['_meta'];
  return { ...request.params, _meta: { ...(isObject(given) ? given : {}), progressToken: id } };
}

/** The same with the trace that the server goes on with: over stdio there is no header for it. */
export function tracedParams({ traced }: UpstreamRequest, params: JsonObject): JsonObject {
  if (traced === undefined) return params;
  const given = params['_meta'];
  return { ...params, _meta: { ...(isObject(given) ? given : {}), ...writeTraceContext(traced) } };
}

/** `subscriptions/listen` for changes of the lists that the server tells of. Open until it is cancelled: the longest delay that a timer takes is its deadline. */
export const listenRequest = (signal: Cancellable, facts: ServerFacts): UpstreamRequest => ({
  ...ownRequest(
    'subscriptions/listen',
    { notifications: Object.fromEntries(offersListChanged(facts).map((list) => [`${list}ListChanged`, true])) },
    FOREVER_MS,
  ),
  signal,
});

/** `subscriptions/listen` for changes of single resources, or for the states of tasks. */
export const subscribeRequest = (signal: Cancellable, watch: Watch): UpstreamRequest => ({
  ...ownRequest('subscriptions/listen', { notifications: { [MEMBERS[watch.kind]]: watch.names } }, FOREVER_MS),
  signal,
  ...(watch.kind === 'tasks' ? { capabilities: watch.capabilities } : {}),
});

/** The member of the filter that names what is watched. */
const MEMBERS: Readonly<Record<Watch['kind'], string>> = { resources: 'resourceSubscriptions', tasks: 'taskIds' };

const FOREVER_MS = 2_147_000_000;

export const LIST_NAMES: readonly ListName[] = ['tools', 'prompts', 'resources'];

/** The lists of whose changes a server says that it tells. */
export function offersListChanged(facts: ServerFacts): readonly ListName[] {
  return LIST_NAMES.filter((list) => {
    const offered = facts.capabilities[list];
    return isObject(offered) && offered['listChanged'] === true;
  });
}
