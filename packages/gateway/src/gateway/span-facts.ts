import type { SpanFacts } from '../contracts/tracing.ts';
import type { Partially } from './exchange.ts';

/** What a trace is told of an exchange, as far as it came. The target is one that was found, so its name is the server's and not the client's. */
export const spanFacts = ({ id, receivedAt, trace, frame, target }: Partially): SpanFacts => ({
  exchange: id,
  method: frame?.method ?? '',
  target: target ? { server: target.server, name: target.name } : null,
  revision: frame?.revision ?? '',
  startedAt: receivedAt,
  guards: trace,
  parent: frame?.traced ?? null,
});
