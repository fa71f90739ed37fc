import type { z } from 'zod';
import type { JsonValue } from '../../contracts/json.ts';
import type { json } from '../contract/json.ts';
import type { Change, VersionFacts } from '../doors.ts';

type Json = z.input<typeof json>;

export const versionView = ({ sequence, hash, parent, author, cause, createdAt }: VersionFacts) => ({
  sequence,
  hash,
  parent,
  author,
  cause,
  createdAt,
});

export const changeViews = (changes: readonly Change[]) =>
  changes.map(({ key, before, after }) => ({ key, before: jsonView(before), after: jsonView(after) }));

/** The same JSON in the words of the schema. */
export const jsonView = (value: JsonValue): Json => value as Json;
