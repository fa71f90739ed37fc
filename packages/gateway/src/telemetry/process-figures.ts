import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Family } from './exposition.ts';

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>;

const NS = 1e9;
const RESOLUTION_MS = 20;

/** What the process itself costs. The event loop is watched from the first scrape on: unasked, it costs nothing. */
export class ProcessFigures {
  #lag: IntervalHistogram | null = null;

  families(): readonly Family[] {
    const gauge = (name: string, help: string, read: () => number): Family => ({ name, help, type: 'gauge', read: () => plain(read()) });
    const lag = (name: string, help: string, of: (lag: IntervalHistogram) => number): Family =>
      gauge(`sallyport_event_loop_lag_${name}_seconds`, `${help} since the scrape before.`, () => of(this.#watched()) / NS);
    return [
      gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()),
      gauge('process_start_time_seconds', 'When the process was started, since the epoch.', () => performance.timeOrigin / 1000),
      { name: 'process_cpu_seconds_total', help: 'Processor time, user and system.', type: 'counter', read: () => plain(cpuSeconds()) },
      lag('mean', 'How late the event loop was on average', ({ mean }) => (Number.isFinite(mean) ? mean : 0)),
      lag('p99', 'How late the event loop was, 99th percentile', (watched) => watched.percentile(99)),
      // Last, because it begins the next window.
      lag('max', 'How late the event loop was at most', (watched) => {
        const { max } = watched;
        watched.reset();
        return max;
      }),
    ];
  }

  close(): void {
    this.#lag?.disable();
    this.#lag = null;
  }

  #watched(): IntervalHistogram {
    if (this.#lag === null) {
      this.#lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#lag.enable();
    }
    return this.#lag;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const plain = (value: number): readonly { readonly labels: Record<string, never>; readonly value: number }[] => [{ labels: {}, value }];
