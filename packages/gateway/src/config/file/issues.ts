import { z } from 'zod';
import type { JsonValue } from '../../contracts/json.ts';
import { type Mistake, mistake } from '../mistake.ts';
import { nearest } from '../nearest.ts';
import { isRecord } from '../read-block.ts';
import type { Path, Places } from './places.ts';
import { fileParts, PART_NAMES } from './schema.ts';

type SchemaNode = Readonly<Record<string, unknown>>;

const SCHEMA = z.toJSONSchema(fileParts, { io: 'input', unrepresentable: 'any' }) as SchemaNode;

/** What a schema found wrong below `root`, with the key, its place and what was meant. */
export function mistakesOf(
  error: z.ZodError,
  root: Path,
  document: JsonValue,
  places: Places,
  schema: SchemaNode = SCHEMA,
): readonly Mistake[] {
  return error.issues.flatMap((issue) => {
    const path = [...root, ...issue.path.filter((step): step is string | number => typeof step !== 'symbol')];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], places, schema));
    const got = at(document, path);
    const found = mistake({
      reason: 'config.invalid',
      key: path.join('.') || 'file',
      expected: issue.message,
      ...(mayShow(got) ? { got } : {}),
    });
    return [{ ...found, position: got === undefined ? places.keyAt(path) : places.valueAt(path) }];
  });
}

/** A key that is not there, and the one that was probably meant: of the same block, or of the whole file. */
function unknownKey(path: Path, places: Places, schema: SchemaNode): Mistake {
  const key = String(path.at(-1));
  const known = knownAt(path.slice(0, -1), schema);
  const near = nearest(key, known);
  const found = mistake({
    reason: 'config.invalid',
    key: path.join('.'),
    expected: known.length === 0 ? 'no key here' : `one of ${known.join(', ')}`,
    nearest: near === null ? null : [...path.slice(0, -1), near].join('.'),
    unknownKey: true,
  });
  return { ...found, position: places.keyAt(path) };
}

function knownAt(path: Path, schema: SchemaNode): readonly string[] {
  let node: SchemaNode | null = schema;
  for (const step of path) node = node === null ? null : childOf(node, step);
  const properties = node?.['properties'];
  return isRecord(properties) ? Object.keys(properties) : path.length === 0 && schema === SCHEMA ? PART_NAMES : [];
}

function childOf(node: SchemaNode, step: string | number): SchemaNode | null {
  const { properties, additionalProperties, items } = node as { properties?: unknown; additionalProperties?: unknown; items?: unknown };
  if (typeof step === 'number') return isRecord(items) ? items : null;
  if (isRecord(properties) && Object.hasOwn(properties, step)) return isRecord(properties[step]) ? properties[step] : null;
  return isRecord(additionalProperties) ? additionalProperties : null;
}

function at(document: JsonValue, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    const holder = value as Readonly<Record<string, JsonValue>>;
    value = Object.hasOwn(holder, String(step)) ? holder[String(step)] : undefined;
  }
  return value;
}

// A block may hold anything, and a long text may be a secret: they are not repeated.
const mayShow = (value: JsonValue | undefined): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= 40);
