import type { JsonObject } from '../../contracts/json.ts';
import type { OpenedRecord } from '../../contracts/running.ts';

/** The record as JSON. Absent keys stay absent: the public part is passed on as the leaf was made from it. */
export const recordView = ({ index, leaf, record, payload }: OpenedRecord): JsonObject => ({
  index,
  leaf,
  record: record as unknown as JsonObject,
  payload,
});
