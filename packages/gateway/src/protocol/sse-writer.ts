import { LIMITS } from '../base/limits.ts';
import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';

export interface OutgoingEvent {
  /** One line: JSON text has none of its own. */
  readonly data: string;
  /** For resumption; only where a stream gives ids. */
  readonly id?: string;
  /** Absent: `message`. */
  readonly event?: string;
}

const LINE_BREAK = /[\r\n]/;
const FIELD_BREAK = /[\r\n\0]/;

/**
 * One event of a `text/event-stream` (HTML, server-sent events). Fails with `protocol.invalid_message` where a text would begin a line of
 * its own (an injected event), or is larger than a result may be.
 */
export function writeEvent({ data, id, event }: OutgoingEvent): Result<string, 'protocol.invalid_message'> {
  if (data.length > LIMITS.bodyBytes || LINE_BREAK.test(data)) return failure('protocol.invalid_message', 'event data');
  if ((id !== undefined && FIELD_BREAK.test(id)) || (event !== undefined && FIELD_BREAK.test(event))) {
    return failure('protocol.invalid_message', 'event field');
  }
  return success(`${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
}

/** A comment, which clients ignore: keeps proxies from ending an idle stream. */
export const writeComment = (text: string): string => `: ${text.replaceAll(/[\r\n]/g, ' ')}\n\n`;

/** How long a client waits before it opens the stream again, in milliseconds. */
export const writeRetry = (retryMs: number): string => `retry: ${Math.max(0, Math.trunc(retryMs))}\n\n`;
