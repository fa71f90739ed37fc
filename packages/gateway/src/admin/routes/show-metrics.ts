import { failure, success } from '../../base/result.ts';
import { get } from '../verb.ts';

/** For Prometheus: see docs/decisions/metrics-are-for-a-role-of-their-own.md. */
export const showMetrics = get({
  name: 'metrics.show',
  summary: 'Counters, times and states in the text format of Prometheus.',
  path: '/metrics',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, text: 'text/plain; version=0.0.4; charset=utf-8' },
  action: 'telemetry.metrics.shown',
  recorded: 'hourly',
  run: async ({ doors }) => {
    const text = await doors.metrics();
    return text === null ? failure('admin.route_unknown') : success({ body: text });
  },
});
