import type { TraceTarget } from '../contracts/running.ts';
import type { Tracer } from '../contracts/tracing.ts';

/** Null where no collector is named: then nothing of it is even loaded. */
export async function openTracer(target: TraceTarget | null): Promise<Tracer | null> {
  if (target === null) return null;
  const { openOtlp } = await import('./tracing.ts');
  return openOtlp(target);
}
