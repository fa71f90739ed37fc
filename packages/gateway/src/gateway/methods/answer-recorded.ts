import type { JsonObject } from '../../contracts/json.ts';
import type { Answer } from '../downstream/answer.ts';
import type { Exchange } from '../exchange.ts';
import { answerEntry } from '../records.ts';
import { resultOf } from '../respond.ts';
import type { Works } from './works.ts';

/** True once the record of what the gateway answers itself is durable; else the refusal has been sent. */
export async function recorded(exchange: Exchange, answer: Answer, works: Works, more: JsonObject = {}): Promise<boolean> {
  const record = await works.journal.append(exchange.snapshot.tenant, answerEntry(exchange, works.clock.now(), more));
  if (record.ok) return true;
  works.reply(exchange, { verdict: 'deny', reason: record.reason }, answer);
  return false;
}

/** One record, durable before the reply. */
export async function answerRecorded(
  exchange: Exchange,
  answer: Answer,
  works: Works,
  result: JsonObject,
  more: JsonObject = {},
): Promise<void> {
  if (await recorded(exchange, answer, works, more)) works.finish(exchange, answer, resultOf(exchange.frame.id, JSON.stringify(result)));
}
