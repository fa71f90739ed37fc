import type { ErrorObject } from 'ajv';
import type { JsonValue } from '../../contracts/json.ts';

const MOST_TEXT = 300;
const MOST_NAMES = 10;

type Facts = Readonly<Record<string, JsonValue>>;

/**
 * One line that a model can act on: where, what was expected, what is missing or too much. It shows the path and the schema's own words;
 * of the value only its kind, so neither secrets nor ten megabytes come back.
 */
export function describeError(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it does not fit the schema';
  const where = pathOf(error.instancePath);
  return clip(`${where === '' ? '' : `${where}: `}${expectation(error)}`, MOST_TEXT);
}

const SAYERS: Readonly<Record<string, (params: Facts, error: ErrorObject) => string>> = {
  required: (_, error) => `missing ${names(missingIn(error))}`,
  additionalProperties: (_, error) => `unknown ${names(unknownIn(error))}${allowedIn(error)}`,
  unevaluatedProperties: (params) => `unknown ${quoted(params['unevaluatedProperty'])}`,
  type: (params, error) => `expected ${[params['type']].flat().join(' or ')}, got ${kindOf(error.data as JsonValue)}`,
  enum: (params) => `expected one of ${list(params['allowedValues'])}`,
  const: (params) => `expected ${clip(JSON.stringify(params['allowedValue']), 80)}`,
  pattern: (params) => `expected text that matches ${clip(String(params['pattern']), 120)}`,
  maxLength: (_, error) => `expected at most ${String(error.schema)} characters`,
  minLength: (_, error) => `expected at least ${String(error.schema)} characters`,
  uniqueItems: () => 'expected items that differ from each other',
  maxItems: (params) => `expected at most ${String(params['limit'])} items`,
  minItems: (params) => `expected at least ${String(params['limit'])} items`,
  minimum: (params) => `expected a number ${String(params['comparison'])} ${String(params['limit'])}`,
  maximum: (params) => `expected a number ${String(params['comparison'])} ${String(params['limit'])}`,
  anyOf: () => 'fits none of the forms that are allowed',
  oneOf: (params) =>
    params['passingSchemas'] === null ? 'fits none of the forms that are allowed' : 'fits more than one form where one is allowed',
  'false schema': () => 'nothing is allowed here',
};

function expectation(error: ErrorObject): string {
  const say = Object.hasOwn(SAYERS, error.keyword) ? SAYERS[error.keyword] : undefined;
  return say === undefined ? (error.message ?? 'it does not fit the schema') : say(error.params as Facts, error);
}

const pathOf = (pointer: string): string =>
  clip(
    pointer
      .split('/')
      .slice(1)
      .map((step) => clip(step.replaceAll('~1', '/').replaceAll('~0', '~'), 60))
      .join('.'),
    160,
  );

function missingIn(error: ErrorObject): readonly string[] {
  const all = (error.parentSchema as Facts)['required'];
  const data = error.data as Facts;
  if (!Array.isArray(all)) return [String(error.params['missingProperty'])];
  return all.filter((name): name is string => typeof name === 'string' && !Object.hasOwn(data, name));
}

function unknownIn(error: ErrorObject): readonly string[] {
  const { properties, patternProperties } = error.parentSchema as Readonly<Record<string, Facts | undefined>>;
  if (patternProperties !== undefined) return [String(error.params['additionalProperty'])];
  return Object.keys(error.data as Facts).filter((name) => properties === undefined || !Object.hasOwn(properties, name));
}

function allowedIn(error: ErrorObject): string {
  const allowed = Object.keys((error.parentSchema as Readonly<Record<string, Facts | undefined>>)['properties'] ?? {});
  return allowed.length === 0
    ? ''
    : ` (known: ${allowed
        .slice(0, MOST_NAMES)
        .map((name) => clip(name, 40))
        .join(', ')})`;
}

const names = (all: readonly string[]): string => {
  const more = all.length > MOST_NAMES ? ` and ${all.length - MOST_NAMES} more` : '';
  return `${all.slice(0, MOST_NAMES).map(quoted).join(', ')}${more}`;
};

const list = (values: JsonValue | undefined): string =>
  Array.isArray(values)
    ? values
        .slice(0, MOST_NAMES)
        .map((value) => clip(JSON.stringify(value), 40))
        .join(', ')
    : '';

const quoted = (name: JsonValue | undefined): string => JSON.stringify(clip(String(name), 60));

const kindOf = (value: JsonValue): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

const clip = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
