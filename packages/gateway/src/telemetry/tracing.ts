import { type Context, type Tracer as OtelTracer, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { VERSION } from '../base/version.ts';
import type { TraceTarget } from '../contracts/running.ts';
import type { ExchangeSpan, SpanFacts, TraceContext, Tracer } from '../contracts/tracing.ts';

/** Spans that wait for the collector. What comes beyond is dropped: a collector that is away costs memory and time of nobody. */
const QUEUE = 2048;
const BATCH = 256;
const SEND_AFTER_MS = 1000;
const SEND_MS = 5000;
const CLOSE_MS = 3000;

/** Sends spans as OTLP over HTTP, in JSON. One span an exchange; guards are events in it, because a span each would be most of the traffic. */
export function openOtlp({ url, headers, ratio }: TraceTarget): Tracer {
  const exporter = new OTLPTraceExporter({
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])),
    timeoutMillis: SEND_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sallyport', 'service.version': VERSION }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: QUEUE,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: SEND_AFTER_MS,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('sallyport', VERSION);
  return {
    begin: (facts) => spanOf(tracer, facts),
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      // A collector that is away must not hold the end of the gateway.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

// Names as the OpenTelemetry conventions for MCP have them (Development, 2026-08); what they have no name for is ours.
function spanOf(tracer: OtelTracer, facts: SpanFacts): ExchangeSpan {
  const { method, target, revision, startedAt, parent } = facts;
  const attributes = {
    'mcp.method.name': method,
    'mcp.protocol.version': revision,
    'sallyport.exchange': facts.exchange,
    ...(target === null ? {} : { 'sallyport.server': target.server, [nameKey(method)]: target.name }),
  };
  const name = target === null ? method : `${method} ${target.name}`;
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: startedAt, attributes }, parentOf(parent));
  addGuards(span, facts);
  return {
    context: contextOf(span, parent),
    failed: (reason) => {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', reason);
    },
    end: (tookMs) => span.end(startedAt + tookMs),
  };
}

const nameKey = (method: string): string =>
  method === 'tools/call' ? 'gen_ai.tool.name' : method === 'prompts/get' ? 'gen_ai.prompt.name' : 'sallyport.target';

function addGuards(span: Span, { startedAt, guards }: SpanFacts): void {
  let at = startedAt;
  for (const { guard, verdict, us } of guards) {
    at += us / 1000;
    span.addEvent(guard, { verdict, us }, at);
  }
}

function parentOf(parent: TraceContext | null): Context {
  if (parent === null || parent.traceparent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = parent.traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true });
}

function contextOf(span: Span, parent: TraceContext | null): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
    tracestate: parent?.tracestate ?? null,
    baggage: parent?.baggage ?? null,
  };
}
