export { Meter } from './meter.ts';
export { type Metrics, type MetricsSources, openMetrics, type Standing } from './metrics.ts';
export { openTracer } from './open-tracer.ts';
