import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import {
  type Field,
  having,
  isBoolean,
  isCount,
  isName,
  isNumber,
  isProse,
  listOf,
  may,
  must,
  oneOf,
  readFields,
  type Test,
} from './fields.ts';

const PROPERTIES = 100;
const CHOICES = 1000;

const COMMON = { title: may(isProse), description: may(isProse) };
const isChoices = listOf((value) => typeof value === 'string' && value.length <= LIMITS.nameBytes * 4, CHOICES);
const isTitled = listOf(having({ const: must(isProse), title: must(isProse) }), CHOICES);
const isText: Test = (value) => typeof value === 'string' && isProse(value);

/** The flat schemas of a form (MCP 2025-11-25, elicitation): nothing nested, no references, no patterns. */
const KINDS: readonly Readonly<Record<string, Field>>[] = [
  { ...COMMON, type: must(oneOf('string')), enum: must(isChoices), enumNames: may(isChoices), default: may(isText) },
  { ...COMMON, type: must(oneOf('string')), oneOf: must(isTitled), default: may(isText) },
  {
    ...COMMON,
    type: must(oneOf('string')),
    minLength: may(isCount),
    maxLength: may(isCount),
    format: may(oneOf('email', 'uri', 'date', 'date-time', 'password')),
    default: may(isText),
  },
  { ...COMMON, type: must(oneOf('number', 'integer')), minimum: may(isNumber), maximum: may(isNumber), default: may(isNumber) },
  { ...COMMON, type: must(oneOf('boolean')), default: may(isBoolean) },
  {
    ...COMMON,
    type: must(oneOf('array')),
    minItems: may(isCount),
    maxItems: may(isCount),
    items: must(
      (value) => having({ type: may(oneOf('string')), enum: must(isChoices) })(value) || having({ anyOf: must(isTitled) })(value),
    ),
    default: may(isChoices),
  },
];

/** The schema of a form with what is known of each of its fields, or what is wrong with it. */
export function readForm(schema: JsonValue): JsonObject | string {
  if (!isObject(schema) || schema['type'] !== 'object' || !isObject(schema['properties'])) return 'requestedSchema describes an object';
  const named = Object.entries(schema['properties']);
  if (named.length > PROPERTIES) return `requestedSchema has more than ${PROPERTIES} fields`;
  const properties: Record<string, JsonValue> = {};
  for (const [name, property] of named) {
    const read = isName(name) && isObject(property) ? readProperty(property) : null;
    if (read === null) return 'a field of requestedSchema is none that a form has';
    properties[name] = read;
  }
  const { required } = schema;
  if (required === undefined) return { type: 'object', properties };
  if (!isChoices(required) || !(required as readonly string[]).every((name) => Object.hasOwn(properties, name)))
    return 'required names fields';
  return { type: 'object', properties, required };
}

function readProperty(property: JsonObject): JsonObject | null {
  for (const kind of KINDS) {
    const isThis = Object.entries(kind).every(([name, { required }]) => !required || property[name] !== undefined);
    if (!isThis) continue;
    const read = readFields(property, kind);
    if (typeof read !== 'string') return read;
  }
  return null;
}

/** Whether what a person filled in fits the form that was asked for; a text says what does not. */
export function misfit(schema: JsonObject, content: JsonObject): string | null {
  const properties = schema['properties'] as Readonly<Record<string, JsonObject>>;
  for (const name of (schema['required'] ?? []) as readonly string[]) if (!Object.hasOwn(content, name)) return `${name} is missing`;
  for (const [name, value] of Object.entries(content)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) return 'it holds a field that was not asked for';
    if (!fits(property, value)) return `${name} does not fit`;
  }
  return null;
}

function fits(property: JsonObject, value: JsonValue): boolean {
  switch (property['type']) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
    case 'number':
      return typeof value === 'number' && (property['type'] === 'number' || Number.isInteger(value)) && within(property, value, 'imum');
    case 'array':
      return (
        Array.isArray(value) &&
        within(property, value.length, 'Items') &&
        value.every((item) => isAmong(property['items'] as JsonObject, item))
      );
    default:
      return isText(value) && within(property, [...(value as string)].length, 'Length') && isAmong(property, value);
  }
}

function within(property: JsonObject, value: number, of: 'imum' | 'Items' | 'Length'): boolean {
  const { [`min${of}`]: least, [`max${of}`]: most } = property;
  return (typeof least !== 'number' || value >= least) && (typeof most !== 'number' || value <= most);
}

function isAmong(property: JsonObject, value: JsonValue): boolean {
  const titled = (property['oneOf'] ?? property['anyOf']) as readonly JsonObject[] | undefined;
  const choices = (property['enum'] as readonly JsonValue[] | undefined) ?? titled?.map((choice) => choice['const'] as JsonValue);
  return choices === undefined || choices.includes(value);
}
