import { type Metric, Registry } from '@prometheus-io/client';
import type { Histogram } from '../base/histogram.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One family of series; its samples are read at the scrape, so that nothing is kept twice. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly read: () => Iterable<Sample>;
}

export interface HistogramFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  /** What the values are divided by: microseconds become seconds, which is what Prometheus counts in. */
  readonly divisor: number;
  readonly read: () => Iterable<{ readonly labels: Readonly<Record<string, string>>; readonly histogram: Histogram }>;
}

/** The text of Prometheus' exposition format 0.0.4 for these families, written by its own client library. */
export function exposition(families: readonly (Family | HistogramFamily)[]): {
  readonly text: () => Promise<string>;
  readonly type: string;
} {
  const registry = new Registry();
  for (const family of families) {
    const { name, help, type } = family;
    const values = (): readonly unknown[] => (family.type === 'histogram' ? bucketsOf(family) : [...family.read()]);
    // The registry asks a metric for its values and nothing else; its own classes keep a copy of each, which would be a second account.
    registry.registerMetric({ name, get: async () => ({ name, help, type, aggregator: 'sum', values: values() }) } as unknown as Metric);
  }
  return { text: () => registry.metrics(), type: registry.contentType };
}

interface Line extends Sample {
  readonly metricName: string;
}

function bucketsOf({ name, divisor, read }: HistogramFamily): readonly Line[] {
  const lines: Line[] = [];
  for (const { labels, histogram } of read()) {
    let below = 0;
    for (const [index, bound] of histogram.bounds.entries()) {
      below += histogram.buckets[index] ?? 0;
      lines.push({ metricName: `${name}_bucket`, labels: { ...labels, le: String(bound / divisor) }, value: below });
    }
    lines.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: histogram.count });
    lines.push({ metricName: `${name}_sum`, labels, value: histogram.sum / divisor });
    lines.push({ metricName: `${name}_count`, labels, value: histogram.count });
  }
  return lines;
}
