import { parentPort } from 'node:worker_threads';

/** A thread's first message, once its modules are loaded. */
export const READY = 'ready';

/** In a thread of a `ThreadLane`: answers each message with one message, and says before that it is there. Fails where `answer` throws. */
export function serveLane<J, A>(answer: (job: J) => A): void {
  parentPort?.on('message', (job: J) => parentPort?.postMessage(answer(job)));
  parentPort?.postMessage(READY);
}
