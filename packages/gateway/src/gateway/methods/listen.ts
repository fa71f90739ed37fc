import type { ListenFilter } from '../../protocol/index.ts';
import type { Exchange } from '../exchange.ts';
import { reaches, visibleTo } from '../visible.ts';
import { recorded } from './answer-recorded.ts';
import { type Handler, refuse, type Works } from './works.ts';

/** `subscriptions/listen` of 2026-07-28: acknowledged first, limited to what this gateway can tell of, ended with the caller's credential. */
export const listen: Handler = async (exchange, answer, works) => {
  const { frame, principal } = exchange;
  const asked = frame.params.kind === 'listen' ? frame.params.filter : NOTHING;
  const filter = { ...asked, resourceSubscriptions: [] };
  if (!(await recorded(exchange, answer, works))) return;
  const id = frame.id ?? '';
  const watches: (() => void)[] = [];
  const stream = works.listens.open(principal, id, filter, (onEnd) =>
    answer.stream(() => {
      for (const end of watches.splice(0)) end();
      onEnd();
    }),
  );
  if (stream === null)
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 }, answer, works);
  const granted = Object.fromEntries(LIST_FLAGS.filter((flag) => filter[flag]).map((flag) => [flag, true]));
  if (Object.keys(granted).length > 0) watches.push(...watchServers(exchange, works));
  const meta = { 'io.modelcontextprotocol/subscriptionId': id };
  stream.send(
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: granted, _meta: meta } }),
  );
};

const NOTHING: ListenFilter = {
  toolsListChanged: false,
  promptsListChanged: false,
  resourcesListChanged: false,
  resourceSubscriptions: [],
};
const LIST_FLAGS = ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged'] as const;

/** A server of this era tells of its changes only while somebody listens: what differs from the pins is hidden, and everybody is told then. */
function watchServers({ principal, snapshot }: Exchange, works: Works): readonly (() => void)[] {
  const servers = [...visibleTo(snapshot, principal).servers].flatMap((id) => snapshot.servers.get(id) ?? []);
  return servers
    .filter((server) => reaches(snapshot, server.id, 'modern'))
    .map((server) => {
      const listener = { listChanged: () => works.onDrift(server.id), log: () => undefined };
      return works.upstreams.watch(server, 'modern', { principal, session: null, listener });
    });
}
