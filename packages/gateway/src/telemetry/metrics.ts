import type { Histogram } from '../base/histogram.ts';
import { VERSION } from '../base/version.ts';
import type { Backlog } from '../contracts/meter.ts';
import { exposition, type Family, type HistogramFamily, type Sample } from './exposition.ts';
import type { Labelled } from './labelled.ts';
import type { Meter } from './meter.ts';
import { ProcessFigures } from './process-figures.ts';

/** How things stand at the moment of a scrape. */
export interface Standing {
  readonly journalWritable: boolean;
  readonly storageAvailable: boolean;
  readonly draining: boolean;
  readonly backlog: Backlog;
  readonly snapshot: number;
  readonly deviations: number;
  readonly sessions: number;
  readonly inFlight: number;
  readonly listens: number;
  /** Requests under way by server. */
  readonly underWay: readonly { readonly server: string; readonly count: number }[];
  readonly upstreams: readonly {
    readonly server: string;
    readonly era: string;
    readonly sessions: number;
    readonly state: 'ready' | 'idle' | 'failing';
  }[];
}

export interface MetricsSources {
  readonly meter: Meter;
  readonly guards: ReadonlyMap<string, { readonly denied: number; readonly times: Histogram }>;
  readonly exchanges: Readonly<Record<'passed' | 'denied', Histogram>>;
  readonly standing: () => Standing;
}

export interface Metrics {
  /** Content type of `text`. */
  readonly type: string;
  text(): Promise<string>;
  close(): void;
}

/** Everything that Prometheus is told, put together when it asks. */
export function openMetrics(sources: MetricsSources): Metrics {
  const own = new ProcessFigures();
  const { text, type } = exposition([
    ...requests(sources),
    ...calls(sources.meter),
    ...journal(sources.meter, sources.standing),
    ...standing(sources.standing),
    ...own.families(),
  ]);
  return { type, text, close: () => own.close() };
}

const US = 1e6;

function requests({ meter, guards, exchanges }: MetricsSources): readonly (Family | HistogramFamily)[] {
  return [
    counter('sallyport_gateway_requests_total', 'Messages by method, as far as one was understood.', () => by('method', meter.methods)),
    counter('sallyport_gateway_refusals_total', 'Refusals by reason, folded ones too.', () => by('reason', meter.refusals)),
    counter('sallyport_policy_decisions_total', 'Decisions of policies by effect.', () => by('effect', meter.decisions)),
    counter('sallyport_gateway_guard_denied_total', 'Messages that a guard refused.', () =>
      [...guards].map(([guard, { denied }]) => ({ labels: { guard }, value: denied })),
    ),
    {
      name: 'sallyport_gateway_guard_duration_seconds',
      help: 'What each guard took. Its count is the messages that the guard has seen.',
      type: 'histogram',
      divisor: US,
      read: () => [...guards].map(([guard, { times }]) => ({ labels: { guard }, histogram: times })),
    },
    {
      name: 'sallyport_gateway_exchange_duration_seconds',
      help: 'From the first byte of a message to the end of its answer, by what the line of guards said.',
      type: 'histogram',
      divisor: US,
      read: () => Object.entries(exchanges).map(([guards, histogram]) => ({ labels: { guards }, histogram })),
    },
  ];
}

function calls({ servers }: Meter): readonly (Family | HistogramFamily)[] {
  return [
    counter('sallyport_server_calls_total', 'Forwarded calls by server and by how they ended.', () =>
      [...servers.entries()].flatMap(([server, { byStatus }]) =>
        [...byStatus.entries()].map(([status, { n }]) => ({ labels: { server, status }, value: n })),
      ),
    ),
    {
      name: 'sallyport_server_call_duration_seconds',
      help: 'Forwarded calls by server, from the first byte of the request to the recorded outcome.',
      type: 'histogram',
      divisor: US,
      read: () => [...servers.entries()].map(([server, { times }]) => ({ labels: { server }, histogram: times })),
    },
  ];
}

function journal(meter: Meter, now: () => Standing): readonly (Family | HistogramFamily)[] {
  const one = (histogram: Histogram) => () => [{ labels: {}, histogram }];
  return [
    counter('sallyport_audit_records_total', 'Records by kind, folded refusals too.', () => by('kind', meter.records)),
    counter('sallyport_audit_failures_total', 'Records that did not become durable, by reason.', () => by('reason', meter.failures)),
    counter('sallyport_audit_bytes_total', 'Bytes that became durable.', () => [{ labels: {}, value: meter.committedBytes }]),
    {
      name: 'sallyport_audit_commit_duration_seconds',
      help: 'What one durable write took.',
      type: 'histogram',
      divisor: US,
      read: one(meter.commits),
    },
    { name: 'sallyport_audit_batch_records', help: 'Records per durable write.', type: 'histogram', divisor: 1, read: one(meter.batches) },
    gauge('sallyport_audit_writable', '1 while records become durable; 0: nothing is called.', () => Number(now().journalWritable)),
    gauge('sallyport_audit_backlog_records', 'Records that wait to become durable.', () => now().backlog.records),
    gauge('sallyport_audit_backlog_bytes', 'Bytes that wait to become durable.', () => now().backlog.bytes),
  ];
}

const STATES = ['ready', 'idle', 'failing'] as const;

function standing(now: () => Standing): readonly Family[] {
  return [
    gauge('sallyport_storage_available', '1 while the state can be read and changed.', () => Number(now().storageAvailable)),
    gauge('sallyport_gateway_draining', '1 while nothing new is taken.', () => Number(now().draining)),
    gauge('sallyport_gateway_sessions', 'Open sessions of clients.', () => now().sessions),
    gauge('sallyport_gateway_in_flight', 'Messages that are being answered.', () => now().inFlight),
    gauge('sallyport_gateway_listens', 'Open streams of clients that listen.', () => now().listens),
    gauge('sallyport_config_snapshot_sequence', 'Counts up with every state that was put in force.', () => now().snapshot),
    gauge('sallyport_config_deviations', 'Settings weaker than the guide that are in force.', () => now().deviations),
    {
      name: 'sallyport_server_calls_in_flight',
      help: 'Requests under way at a server, tasks among them.',
      type: 'gauge',
      read: () => now().underWay.map(({ server, count }) => ({ labels: { server }, value: count })),
    },
    {
      name: 'sallyport_server_sessions',
      help: 'Sessions with a server, by era.',
      type: 'gauge',
      read: () => now().upstreams.map(({ server, era, sessions }) => ({ labels: { server, era }, value: sessions })),
    },
    {
      name: 'sallyport_server_state',
      help: '1 for the state in which a server is.',
      type: 'gauge',
      read: () =>
        now().upstreams.flatMap(({ server, era, state }) =>
          STATES.map((one) => ({ labels: { server, era, state: one }, value: Number(one === state) })),
        ),
    },
    { name: 'sallyport_build_info', help: 'Which version runs.', type: 'gauge', read: () => [{ labels: { version: VERSION }, value: 1 }] },
  ];
}

const counter = (name: string, help: string, read: () => Iterable<Sample>): Family => ({ name, help, type: 'counter', read });

const gauge = (name: string, help: string, read: () => number): Family => ({
  name,
  help,
  type: 'gauge',
  read: () => [{ labels: {}, value: read() }],
});

const by = (label: string, rows: Labelled<{ n: number }>): readonly Sample[] =>
  [...rows.entries()].map(([value, { n }]) => ({ labels: { [label]: value }, value: n }));
