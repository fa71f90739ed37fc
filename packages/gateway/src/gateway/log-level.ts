import type { JsonObject } from '../contracts/json.ts';

/** RFC 5424 severities as MCP names them, from the quietest up. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** Whether a log message is at least as severe as what was asked for. Servers that ignore the level are many, so it is looked at here too. */
export const isSevereEnough = (params: JsonObject, asked: string): boolean =>
  LEVELS.indexOf(String(params['level'])) >= LEVELS.indexOf(asked);
