import { serveLane } from '../../base/serve-lane.ts';
import { type Check, compileSchema } from './compile-schema.ts';
import type { Job, JobAnswer } from './worker-protocol.ts';

// Runs what a stranger's schema makes ajv do, in a thread that may be killed at any point. Holds nothing that must not be lost.
const KEPT = 100;
const checks = new Map<string, Check>();

function answer(job: Job): JobAnswer {
  return job.kind === 'try' ? tryToCompile(job) : { kind: 'validated', problem: checkFor(job)(job.value) };
}

function tryToCompile(job: Extract<Job, { kind: 'try' }>): JobAnswer {
  // The first compilation pays for the instance and its meta-schema (20 ms), which says nothing about this schema.
  compileSchema({ type: 'object' }, job.dialect, job.engine, false);
  const started = performance.now();
  compileSchema(job.schema, job.dialect, job.engine, false);
  return { kind: 'compiled', ms: performance.now() - started };
}

function checkFor(job: Extract<Job, { kind: 'validate' }>): Check {
  const held = checks.get(job.hash);
  if (held !== undefined) return held;
  if (checks.size >= KEPT) checks.clear();
  const check = compileSchema(job.schema, job.dialect, 'native', true);
  checks.set(job.hash, check);
  return check;
}

serveLane((job: Job): JobAnswer => {
  try {
    return answer(job);
  } catch (error) {
    return { kind: 'refused', detail: String(error).slice(0, 300) };
  }
});
