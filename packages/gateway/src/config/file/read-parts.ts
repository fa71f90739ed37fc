import type { JsonValue } from '../../contracts/json.ts';
import type { Mistake } from '../mistake.ts';
import { isRecord } from '../read-block.ts';
import { mistakesOf } from './issues.ts';
import type { Path, Places } from './places.ts';
import { type FileParts, PARTS, SERVER_SHAPE } from './schema.ts';

export interface ReadParts {
  /** Those that are right. */
  readonly parts: FileParts;
  readonly mistakes: readonly Mistake[];
}

/** Reads part by part and server by server, so that a mistake in one does not hide those of another. */
export function readParts(document: Readonly<Record<string, unknown>>, places: Places): ReadParts {
  const mistakes: Mistake[] = [];
  const read = (shape: (typeof PARTS)[string], value: unknown, path: Path): readonly unknown[] => {
    const parsed = shape.safeParse(value);
    if (parsed.success) return [parsed.data];
    mistakes.push(...mistakesOf(parsed.error, path, document as JsonValue, places));
    return [];
  };
  const parts = Object.entries(PARTS).flatMap(([name, shape]) => {
    if (!Object.hasOwn(document, name)) return [];
    const given = document[name];
    if (name !== 'servers' || !isRecord(given)) return read(shape, given, [name]).map((value) => [name, value] as const);
    const servers = Object.entries(given).flatMap(([id, server]) =>
      read(SERVER_SHAPE, server, ['servers', id]).map((value) => [id, value]),
    );
    return [[name, Object.fromEntries(servers)] as const];
  });
  return { parts: Object.fromEntries(parts) as FileParts, mistakes };
}
