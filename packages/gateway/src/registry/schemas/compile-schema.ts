import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { describeError } from './describe-error.ts';
import type { Dialect } from './dialect.ts';
import { useBoundedKeywords } from './keywords.ts';
import { linearEngine, nativeEngine } from './regular-expression.ts';

export type Engine = 'linear' | 'native';

/** Null when the value fits, else one line for the client. */
export type Check = (value: JsonValue) => string | null;

const instances = new Map<string, Ajv>();

/**
 * Compiles a schema that `inspectSchema` accepted. On the main thread only for hashes that a worker compiled before, with `linear`.
 * @param trusted whether a worker checked it against its meta-schema already. Throws where the schema is wrong.
 */
export function compileSchema(schema: JsonObject, dialect: Dialect, engine: Engine, trusted: boolean): Check {
  const ajv = instanceFor(dialect, engine);
  const own = withoutId(schema);
  if (!trusted && ajv.validateSchema(own) !== true)
    throw new Error(`it breaks its meta-schema: ${ajv.errorsText(ajv.errors).slice(0, 200)}`);
  try {
    const validate = ajv.compile(own);
    return (value) => (validate(value) === true ? null : describeError(validate.errors?.[0] as ErrorObject | undefined));
  } finally {
    // ajv keeps every schema that it met; the memory would never be freed.
    ajv.removeSchema(own);
  }
}

// ajv registers a schema by its $id: two tools with one $id would collide, and one that takes the $id of a meta-schema would replace it.
// References are local to the document, so nothing needs it.
function withoutId(schema: JsonObject): JsonObject {
  const { $id, ...rest } = schema;
  return typeof $id === 'string' && $id.startsWith('#') ? { ...rest, $id } : rest;
}

// An instance costs 5 ms, a schema 0.4.
function instanceFor(dialect: Dialect, engine: Engine): Ajv {
  const key = `${dialect} ${engine}`;
  const held = instances.get(key);
  if (held !== undefined) return held;
  const ajv = openAjv(dialect, engine);
  useBoundedKeywords(ajv);
  instances.set(key, ajv);
  return ajv;
}

function openAjv(dialect: Dialect, engine: Engine): Ajv {
  const options = {
    // Tool schemas are written by strangers: unknown keywords are ignored, as the specification of JSON Schema says.
    strict: false,
    // Stops at the first mistake: with all of them, a value could make megabytes of errors.
    allErrors: false,
    verbose: true,
    // `toString` and `constructor` are missing unless the value itself has them.
    ownProperties: true,
    validateFormats: false,
    validateSchema: false,
    logger: false as const,
    code: { regExp: engine === 'linear' ? linearEngine : nativeEngine },
  };
  if (dialect === '2020-12') return new Ajv2020(options) as unknown as Ajv;
  return dialect === '2019-09' ? (new Ajv2019(options) as unknown as Ajv) : new Ajv(options);
}
