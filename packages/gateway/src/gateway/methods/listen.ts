import { recorded } from './answer-recorded.ts';
import { type Handler, refuse } from './works.ts';

/** `subscriptions/listen` of 2026-07-28: acknowledged first, limited to what this gateway can tell of, ended with the caller's credential. */
export const listen: Handler = async (exchange, answer, works) => {
  const { frame, principal } = exchange;
  const filter = { toolsListChanged: frame.params.kind === 'listen' && frame.params.filter.toolsListChanged };
  if (!(await recorded(exchange, answer, works))) return;
  const id = frame.id ?? '';
  const stream = works.listens.open(principal, id, filter, (onEnd) => answer.stream(onEnd));
  if (stream === null)
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 }, answer, works);
  const granted = filter.toolsListChanged ? { toolsListChanged: true } : {};
  const meta = { 'io.modelcontextprotocol/subscriptionId': id };
  stream.send(
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: granted, _meta: meta } }),
  );
};
