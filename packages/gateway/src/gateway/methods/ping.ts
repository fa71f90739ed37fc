import { resultOf } from '../respond.ts';
import type { Handler } from './works.ts';

/** Costs no unit and leaves no record (DESIGN section 4, "Records"). */
export const ping: Handler = async (exchange, answer, works) => {
  works.finish(exchange, answer, resultOf(exchange.frame.id, '{}'));
};
