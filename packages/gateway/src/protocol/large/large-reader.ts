import { extname } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import { ThreadLane } from '../../base/thread-lane.ts';
import type { JsonValue } from '../../contracts/json.ts';
import type { ProtocolReason } from '../../contracts/reasons/protocol.ts';
import type { StrictJson } from '../strict-json.ts';

/** What the thread answers: the canonical text, which is cheap to parse and known to be good. */
export type LargeAnswer =
  | { readonly ok: true; readonly text: string; readonly argumentsDigest: string | null }
  | { readonly ok: false; readonly reason: ProtocolReason; readonly detail?: string };

export interface LargeJson extends StrictJson {
  /** SHA-256, hex, of the RFC 8785 form of `params.arguments`; null where there are none. */
  readonly argumentsDigest: string | null;
}

/** Reads bodies whose checks would hold the event loop (DESIGN section 4, "Large bodies"). */
export interface LargeReader {
  /** `parseStrict` in a thread. Fails with its reasons, or `protocol.reading_too_slow`. The bytes are copied. */
  read(bytes: Uint8Array): Promise<Result<LargeJson, ProtocolReason>>;
  close(): Promise<void>;
}

export function openLargeReader(): LargeReader {
  const script = new URL(`./large-worker${extname(import.meta.url)}`, import.meta.url);
  const lane = new ThreadLane<ArrayBuffer, LargeAnswer>({ script, megabytes: LIMITS.largeWorkerMegabytes, queue: LIMITS.largeQueue });
  return {
    async read(bytes) {
      const copy = new Uint8Array(bytes).buffer;
      const told = await lane.run(copy, LIMITS.largeMs, [copy]);
      if (told.kind !== 'answer') return failure('protocol.reading_too_slow', told.kind);
      const { answer } = told;
      if (!answer.ok) return failure(answer.reason, answer.detail);
      // Duplicates, numbers and depth were judged in the thread, over the same text.
      return success({ value: JSON.parse(answer.text) as JsonValue, text: answer.text, argumentsDigest: answer.argumentsDigest });
    },
    close: () => lane.close(),
  };
}
