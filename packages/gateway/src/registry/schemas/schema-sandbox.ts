import { extname } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { ThreadLane } from '../../base/thread-lane.ts';
import type { Job, JobAnswer } from './worker-protocol.ts';

export type SandboxAnswer = JobAnswer | { readonly kind: 'timeout' } | { readonly kind: 'busy' };

/** One thread for untrusted schemas, one job at a time, under limits of time and memory. `run` never rejects. */
export class SchemaSandbox {
  readonly #lane = new ThreadLane<Job, JobAnswer>({
    script: new URL(`./schema-worker${extname(import.meta.url)}`, import.meta.url),
    megabytes: LIMITS.schemaWorkerMegabytes,
    queue: LIMITS.validationQueue,
  });

  async run(job: Job, limitMs: number): Promise<SandboxAnswer> {
    const told = await this.#lane.run(job, limitMs);
    return told.kind === 'answer' ? told.answer : told;
  }

  close(): Promise<void> {
    return this.#lane.close();
  }
}
