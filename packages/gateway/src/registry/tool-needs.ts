import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Need } from '../contracts/target.ts';
import type { Candidate } from './pin.ts';

/**
 * What a tool needs of its client: the one capability under which its server was seen to list it. Where none alone was enough all are named, and
 * it stays out of lists until all are there.
 */
export function needsOf({
  definition,
  needsCapability,
  takes,
}: Pick<Candidate, 'definition' | 'needsCapability' | 'takes'>): readonly Need[] {
  const needs: Need[] = needsCapability ? (takes === undefined ? ['sampling', 'elicitation', 'roots'] : [takes]) : [];
  if (taskSupport(definition['execution']) === 'required') needs.push('tasks');
  return needs;
}

const taskSupport = (execution: JsonValue | undefined): JsonValue | undefined =>
  typeof execution === 'object' && execution !== null && !Array.isArray(execution) ? (execution as JsonObject)['taskSupport'] : undefined;
