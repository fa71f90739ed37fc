import type { JsonObject } from '../../contracts/json.ts';
import { serverInfo } from '../about.ts';
import { capabilitiesFor } from '../capabilities.ts';
import { relayedCapabilities } from '../reverse/capabilities.ts';
import { answerRecorded } from './answer-recorded.ts';
import { type Handler, refuse } from './works.ts';

/** Begins a legacy session, bound to the principal and to the endpoint. */
export const initialize: Handler = async (exchange, answer, works) => {
  const { params, revision } = exchange.frame;
  const clientInfo = params.kind === 'initialize' ? clip(params.clientInfo) : {};
  const capabilities = params.kind === 'initialize' ? relayedCapabilities(params.capabilities, revision) : {};
  const session = works.sessions.open(exchange.principal, {
    server: exchange.endpoint?.server ?? null,
    revision,
    clientInfo,
    capabilities,
  });
  if (session === null)
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_sessions', retryAfterSeconds: 60 }, answer, works);
  answer.header('mcp-session-id', session.id);
  return answerRecorded(
    exchange,
    answer,
    works,
    { protocolVersion: revision, capabilities: capabilitiesFor(exchange), serverInfo },
    { client: clientInfo, declared: capabilities },
  );
};

/** What a client says of itself is kept for people to read, and never used to decide. */
const clip = (info: JsonObject): JsonObject => ({
  name: String(info['name']).slice(0, 100),
  version: String(info['version']).slice(0, 50),
});
