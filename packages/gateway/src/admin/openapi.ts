import { z } from 'zod';
import { VERSION } from '../base/version.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { ACCESS } from './access.ts';
import { errorBody } from './contract/error.ts';
import { healthBody } from './contract/health.ts';
import { ADMIN_LIMITS } from './limits.ts';
import { REACH } from './reach.ts';
import type { Gives, Verb } from './verb.ts';

/** One operation by the path that OpenAPI writes and the method in lower case. */
export interface Operation {
  readonly path: string;
  readonly method: 'get' | 'post' | 'delete';
}

/** `/api/v1/keys/:id` as OpenAPI writes it: `/api/v1/keys/{id}`. */
export const operationOf = ({ path, method }: Pick<Verb, 'path' | 'method'>): Operation => ({
  path: path.replaceAll(/:([A-Za-z]+)/g, '{$1}'),
  method: method.toLowerCase() as Operation['method'],
});

/** The OpenAPI 3.1 document of the verbs, made of the schemas that the server itself validates by. Throws where two schemas share a name. */
export function openApi(verbs: readonly Verb[]): JsonObject {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const verb of verbs) {
    const { path, method } = operationOf(verb);
    paths[path] = { ...paths[path], [method]: operation(verb, schemas) };
  }
  const error = { description: 'It was refused or it failed; nothing else tells so.', content: json(schemas.answer(errorBody)) };
  for (const [path, operationId] of HEALTH) paths[path] = { get: health(operationId, schemas) };
  return {
    openapi: '3.1.0',
    info: { title: 'Sallyport administration API', version: VERSION, description: INTRODUCTION, license: LICENSE },
    security: [{ key: [] }],
    paths,
    components: {
      schemas: schemas.named,
      parameters: { Reason: REASON },
      responses: { Error: error },
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, in the header and nowhere else.' } },
    },
  };
}

const REASON = {
  name: 'Sallyport-Reason',
  in: 'header',
  required: false,
  description: 'Why this is done, for the record: one line of text, percent-encoded UTF-8.',
  schema: { type: 'string', maxLength: ADMIN_LIMITS.purposeCharacters },
};

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

const INTRODUCTION = [
  'What the command line does, it does through this API. Every request presents an API key: `x-sallyport-roles` says whose key may do it,',
  '`x-sallyport-reach` what the scopes of the key must cover, `x-sallyport-event` what the record is called. Looking is recorded before the',
  'answer, acting before its effect and after it. Times are milliseconds since the epoch. Answers may get more members: ignore those that',
  'you do not know.',
].join(' ');

function operation(verb: Verb, schemas: Schemas): JsonObject {
  const { name, summary, gives, body } = verb;
  return {
    operationId: name,
    tags: [name.split('.')[0] ?? name],
    summary,
    'x-sallyport-roles': [...ACCESS[name]],
    'x-sallyport-reach': REACH[name],
    'x-sallyport-event': verb.action,
    parameters: [...pathParameters(verb, schemas), ...queryParameters(verb, schemas), { $ref: '#/components/parameters/Reason' }],
    ...(body === null ? {} : { requestBody: { required: !body.safeParse({}).success, content: json(schemas.request(body)) } }),
    responses: { [gives.status]: given(gives, schemas), default: { $ref: '#/components/responses/Error' } },
  };
}

const HEALTH = [
  ['/healthz', 'health.live'],
  ['/readyz', 'health.ready'],
] as const;

/** The two that ask for no key. */
function health(operationId: string, schemas: Schemas): JsonObject {
  const content = json(schemas.answer(healthBody));
  return {
    operationId,
    tags: ['health'],
    summary: operationId === 'health.live' ? 'The process answers.' : 'A call would be taken.',
    security: [],
    responses: {
      200: { description: 'It is so.', content },
      ...(operationId === 'health.live' ? {} : { 503: { description: 'It is not, for these reasons.', content } }),
    },
  };
}

const json = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } });

function given(gives: Gives, schemas: Schemas): JsonObject {
  if ('body' in gives) return { description: 'It was done.', content: json(schemas.answer(gives.body)) };
  if ('text' in gives) return { description: 'Text.', content: { [gives.text.split(';')[0] ?? '']: { schema: { type: 'string' } } } };
  return {
    description: 'One object a line, for as long as it is read.',
    content: { 'application/x-ndjson': { schema: schemas.answer(gives.lines) } },
  };
}

const pathParameters = ({ params }: Verb, schemas: Schemas): readonly JsonObject[] =>
  Object.entries(params).map(([name, schema]) => ({ name, in: 'path', required: true, schema: schemas.request(schema) }));

function queryParameters({ query }: Verb, schemas: Schemas): readonly JsonObject[] {
  if (query === null) return [];
  // What a client must write is told by the input's side; numbers are text there, so their form is taken from the output's.
  const required = new Set((schemas.request(query)['required'] as readonly string[] | undefined) ?? []);
  const properties = schemas.answer(query)['properties'] as Readonly<Record<string, JsonObject>>;
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.has(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

/** Turns zod schemas into JSON Schema 2020-12; those that have a name (`meta({ id })`) stand once, among the components. */
class Schemas {
  readonly named: Record<string, JsonObject> = {};

  request(schema: z.ZodType): JsonObject {
    return this.#take(z.toJSONSchema(schema, { io: 'input', override: plain }) as JsonObject);
  }

  /** Without `additionalProperties: false`: members may be added to answers. */
  answer(schema: z.ZodType): JsonObject {
    return this.#take(z.toJSONSchema(schema, { io: 'output', override: open }) as JsonObject);
  }

  #take({ $schema: _dialect, $defs, ...own }: JsonObject): JsonObject {
    for (const [name, schema] of Object.entries(($defs ?? {}) as Readonly<Record<string, JsonObject>>))
      this.#keep(name, moved(schema) as JsonObject);
    return moved(own) as JsonObject;
  }

  #keep(name: string, schema: JsonObject): void {
    const known = this.named[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`two schemas are called ${name}`);
    this.named[name] = schema;
  }
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

/** The bounds of safe integers say nothing to a reader. */
const plain: Override = ({ jsonSchema }) => {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

const open: Override = (context) => {
  plain(context);
  if (context.jsonSchema.additionalProperties === false) delete context.jsonSchema.additionalProperties;
};

function moved(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry: JsonValue) => moved(entry));
  const entries = Object.entries(value).map(([name, entry]): [string, JsonValue] => [
    name,
    name === '$ref' && typeof entry === 'string' ? entry.replace('#/$defs/', '#/components/schemas/') : moved(entry),
  ]);
  return Object.fromEntries(entries);
}
