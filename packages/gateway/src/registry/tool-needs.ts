import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Need } from '../contracts/target.ts';

/**
 * What a tool needs of its client. A tool that is listed only to clients with capabilities does not say which, so all are named: it stays
 * out of lists until all are there.
 */
export function needsOf(definition: JsonObject, needsCapability: boolean): readonly Need[] {
  const needs: Need[] = needsCapability ? ['sampling', 'elicitation', 'roots'] : [];
  if (taskSupport(definition['execution']) === 'required') needs.push('tasks');
  return needs;
}

const taskSupport = (execution: JsonValue | undefined): JsonValue | undefined =>
  typeof execution === 'object' && execution !== null && !Array.isArray(execution) ? (execution as JsonObject)['taskSupport'] : undefined;
