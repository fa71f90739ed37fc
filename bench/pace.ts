/**
 * The clock of the open loop, a worker thread: says on time when a call is due. Timers of the event loop are late by up
 * to a millisecond, which is more than what is measured; a wait on a futex is late by some 50 microseconds and, unlike
 * a spinning loop, leaves the core to the servers.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { nowMs } from './measure.ts';

interface Pace {
  readonly startMs: number;
  readonly periodMs: number;
  readonly count: number;
}

const { startMs, periodMs, count } = workerData as Pace;
const cell = new Int32Array(new SharedArrayBuffer(4));
for (let at = 0; at < count; at++) {
  const wait = startMs + at * periodMs - nowMs();
  if (wait > 0) Atomics.wait(cell, 0, 0, wait);
  parentPort?.postMessage(at);
}
