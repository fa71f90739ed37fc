import type { GuardTrace } from './verdict.ts';

/** W3C Trace Context and Baggage as text that was checked: it may stand in a header or in `_meta` as it is. */
export interface TraceContext {
  /** Version 00: trace, parent and flags. Null where a client sent baggage alone. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly baggage: string | null;
}

/** What a span says of an exchange. No argument, no result, no name of a person. */
export interface SpanFacts {
  readonly exchange: string;
  readonly method: string;
  /** As its server names it, from the pins; null for the gateway's own answers. */
  readonly target: { readonly server: string; readonly name: string } | null;
  readonly revision: string;
  /** Wall time in milliseconds. */
  readonly startedAt: number;
  /** What each guard said and took, in order. */
  readonly guards: readonly GuardTrace[];
  /** What the client sent. */
  readonly parent: TraceContext | null;
}

export interface ExchangeSpan {
  /** What goes on to the server: this span as the parent, the client's state and baggage as they are. */
  readonly context: TraceContext;
  failed(reason: string): void;
  /** @param tookMs since the exchange was received. */
  end(tookMs: number): void;
}

export interface Tracer {
  begin(facts: SpanFacts): ExchangeSpan;
  /** Sends what waits, within seconds, and stops. */
  close(): Promise<void>;
}
