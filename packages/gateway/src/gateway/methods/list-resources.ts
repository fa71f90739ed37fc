import { type ServerId, serverLabel } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Registration } from '../../contracts/registration.ts';
import { isObject } from '../../protocol/index.ts';
import type { Exchange } from '../exchange.ts';
import { denied } from '../guard.ts';
import { healthOf } from '../health-of.ts';
import { ownerFor } from '../owner-for.ts';
import { renameDefinition } from '../rename.ts';
import { resourceOf } from '../resource-of.ts';
import { reaches, visibleTo } from '../visible.ts';
import { answerRecorded } from './answer-recorded.ts';
import { listPage } from './list-page.ts';
import { type Handler, refuse, type Works } from './works.ts';

interface Listed {
  readonly name: string;
  readonly server: ServerId;
  readonly definition: JsonObject;
}

type Told = { readonly server: Registration; readonly told: Result<readonly JsonObject[], GatewayReason> };

/**
 * Resources come and go, so each server is asked now, all at once and each within its own deadline: one that is slow or dead is named in
 * `_meta` and holds up nobody. What comes back is what the caller may both discover and read, by name, so that pages stay in order while lists change.
 */
export const listResources: Handler = async (exchange, answer, works) => {
  const after = cursorOf(exchange);
  if (after === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.invalid_params', shown: 'cursor' }, answer, works);
  const told = await Promise.all(serversFor(exchange).map((server) => ask(exchange, server, works)));
  const [only] = told;
  // Who asks one server is told what became of it; of many, what is missing.
  if (exchange.endpoint?.server && only !== undefined && !only.told.ok) return refuse(exchange, denied(only.told), answer, works);
  const listed = told.flatMap((one) => allowed(exchange, one)).filter(({ name }) => name > after);
  listed.sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = listed.slice(0, LIMITS.pageSize);
  const next = page.length < listed.length ? Buffer.from(page.at(-1)?.name ?? '').toString('base64url') : null;
  const missing = told.flatMap(({ server, told: { ok, ...rest } }) =>
    ok ? [] : [{ server: server.id, reason: String((rest as { reason?: string }).reason) }],
  );
  const shown = listPage(
    exchange,
    'resource',
    page.map(({ server, definition }) => renameDefinition(exchange, server, 'resource', definition)),
    next,
    missing,
  );
  return answerRecorded(exchange, answer, works, shown, { listed: page.length, ...(missing.length > 0 ? { missing } : {}) });
};

/** Servers that the caller may see, that its era reaches and that say they have resources. */
function serversFor({ endpoint, frame, principal, snapshot }: Exchange): readonly Registration[] {
  return [...visibleTo(snapshot, principal).servers]
    .filter((id) => (endpoint?.server ? id === endpoint.server : true) && reaches(snapshot, id, frame.era))
    .flatMap((id) => snapshot.servers.get(id) ?? [])
    .filter((server) => isObject(server.capabilities[frame.era]['resources'] ?? null));
}

async function ask(exchange: Exchange, server: Registration, works: Works): Promise<Told> {
  const who = exchange.principal.id;
  if (works.breakers.admit(serverLabel(server.tenant, server.id), who) > 0) return { server, told: failure('gateway.circuit_open') };
  const late = new Promise<Told['told']>((resolve) => {
    setTimeout(() => resolve(failure('gateway.upstream_timeout')), LIMITS.listServerMs).unref();
  });
  const told = await Promise.race([read(exchange, server, works), late]);
  works.breakers.report(serverLabel(server.tenant, server.id), who, healthOf(server, told.ok ? null : told.reason));
  return { server, told };
}

async function read(exchange: Exchange, server: Registration, works: Works): Promise<Told['told']> {
  const { frame } = exchange;
  const upstream = await works.upstreams.acquire(server, frame.era, ownerFor(exchange, server.id, works));
  return upstream.ok ? upstream.value.resources(pageOf(frame.params)) : upstream;
}

function allowed({ snapshot, principal }: Exchange, { server, told }: Told): readonly Listed[] {
  if (!told.ok) return [];
  const seen = new Set<string>();
  return told.value.flatMap((definition) => {
    const resource = resourceOf(snapshot, server, String(definition['uri']));
    if (seen.has(resource.name)) return [];
    seen.add(resource.name);
    const may = (['discover', 'call'] as const).every((action) => {
      const decision = snapshot.policy.decide(principal, action, resource);
      return decision.ok && decision.value.effect === 'allow';
    });
    return may ? [{ name: resource.qualifiedName, server: server.id, definition }] : [];
  });
}

const pageOf = (params: Exchange['frame']['params']): 'first' | 'later' =>
  params.kind === 'list' && params.cursor !== null ? 'later' : 'first';

/** The name after which the page begins; null where the cursor is none of ours. */
function cursorOf({ frame: { params } }: Exchange): string | null {
  const cursor = params.kind === 'list' ? params.cursor : null;
  if (cursor === null) return '';
  const name = Buffer.from(cursor, 'base64url').toString();
  return Buffer.from(name).toString('base64url') === cursor ? name : null;
}
