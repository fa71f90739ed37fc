import { type ExchangeId, type ServerId, ulid } from '../../base/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Session } from '../downstream/sessions.ts';
import type { Works } from '../methods/works.ts';
import { deliver } from './deliver.ts';
import { forgetElicitation } from './elicitations.ts';

/**
 * `notifications/elicitation/complete`: only for an elicitation that this server has sent this client to, once. Its record is durable first.
 */
export function tellElicited(session: Session, server: ServerId, params: JsonObject, works: Works): void {
  const { elicitationId } = params;
  if (typeof elicitationId !== 'string' || !forgetElicitation(session, server, elicitationId)) return;
  const { tenant } = session.principal;
  const record = {
    v: 1 as const,
    kind: 'answer' as const,
    tenant,
    id: ulid(works.clock.now()) as ExchangeId,
    time: works.clock.now(),
    via: 'mcp' as const,
    principal: session.principalId,
    credential: session.principal.credential.id,
    method: METHOD,
    revision: session.revision,
    server,
    status: 'ok' as const,
  };
  void works.journal.append(tenant, { record, secret: Buffer.from(JSON.stringify({ arguments: { elicitationId } })) }).then((recorded) => {
    if (recorded.ok) deliver(session, server, null, JSON.stringify({ jsonrpc: '2.0', method: METHOD, params: { elicitationId } }));
  });
}

const METHOD = 'notifications/elicitation/complete';
