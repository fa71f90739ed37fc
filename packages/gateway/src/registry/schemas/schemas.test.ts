import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Validation } from '../../contracts/target.ts';
import { compileSchema } from './compile-schema.ts';
import { SchemaSandbox, Validators, vetSchema } from './index.ts';
import { inspectSchema } from './inspect-schema.ts';

const sandbox = new SchemaSandbox();
const validators = new Validators(sandbox);
afterAll(() => sandbox.close());

const validate = async (schema: JsonObject, value: JsonValue): Promise<Validation> => {
  const vetted = await vetSchema(sandbox, schema);
  if (!vetted.ok) throw new Error(`${vetted.reason}: ${vetted.detail}`);
  return validators.validatorOf(schema, vetted.value, 'registry.arguments_invalid')(value);
};

const laneOf = async (schema: JsonObject): Promise<string> => {
  const vetted = await vetSchema(sandbox, schema);
  return vetted.ok ? vetted.value.lane : vetted.reason;
};

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const parse = (text: string): JsonObject => JSON.parse(text);

const deep = (levels: number): JsonObject => {
  let schema: JsonObject = { type: 'string' };
  for (let level = 1; level < levels; level++) schema = { type: 'object', properties: { a: schema } };
  return schema;
};

const doubling = (links: number): JsonObject => {
  const $defs: Record<string, JsonObject> = { [`d${links}`]: { type: 'object' } };
  for (let link = 0; link < links; link++)
    $defs[`d${link}`] = { allOf: [{ $ref: `#/$defs/d${link + 1}` }, { $ref: `#/$defs/d${link + 1}` }] };
  return { type: 'object', $defs, $ref: '#/$defs/d0' };
};

describe('a dialect', () => {
  it.each([
    [{}, '2020-12'],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema' }, '2020-12'],
    [{ $schema: 'https://json-schema.org/draft/2019-09/schema' }, '2019-09'],
    [{ $schema: 'http://json-schema.org/draft-07/schema#' }, 'draft-07'],
  ])('is read from $schema: %j', (head, dialect) => {
    expect(inspectSchema({ ...head, type: 'object' })).toMatchObject({ ok: true, value: { dialect } });
  });

  it.each([
    'http://json-schema.org/draft-04/schema#',
    'http://json-schema.org/draft-06/schema#',
    'https://example.com/mine',
    '',
    '__proto__',
    7,
    null,
  ])('that has no class quarantines: %j', ($schema) => {
    expect(inspectSchema({ $schema, type: 'object' })).toMatchObject({ ok: false, reason: 'registry.tool.schema_dialect' });
  });

  it('decides what keywords mean: prefixItems is 2020-12, an array of items draft-07', async () => {
    const tuple = { type: 'object', properties: { a: { type: 'array', items: [{ type: 'string' }] } } };
    expect(await validate({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }, { a: [1] })).toMatchObject({ ok: false });
    expect(await validate(object({ a: { type: 'array', prefixItems: [{ type: 'string' }] } }), { a: [1] })).toMatchObject({ ok: false });
  });
});

describe('a schema that is a bomb', () => {
  const wide = object(Object.fromEntries(Array.from({ length: LIMITS.schemaSubschemas + 1 }, (_, index) => [`p${index}`, {}])));

  it.each<[string, string, JsonObject]>([
    ['deep', 'registry.tool.schema_too_large', deep(LIMITS.schemaDepth + 1)],
    ['as deep as 100,000 brackets', 'registry.tool.schema_too_large', parse(`${'{"not":'.repeat(5000)}{}${'}'.repeat(5000)}`)],
    ['deep in a keyword that is data', 'registry.tool.schema_too_large', parse(`{"default":${'['.repeat(70)}${']'.repeat(70)}}`)],
    ['wide', 'registry.tool.schema_too_large', wide],
    ['over 64 KB', 'registry.tool.schema_too_large', { type: 'object', description: 'x'.repeat(LIMITS.toolDefinitionBytes) }],
    ['referring to the network', 'registry.tool.schema_invalid', object({ a: { $ref: 'https://example.com/schema.json' } })],
    ['referring to a file', 'registry.tool.schema_invalid', object({ a: { $ref: 'file:///etc/passwd' } })],
    ['referring to a meta-schema', 'registry.tool.schema_invalid', object({ a: { $ref: 'http://json-schema.org/draft-07/schema#' } })],
    ['referring to a neighbour', 'registry.tool.schema_invalid', object({ a: { $dynamicRef: 'other.json#x' } })],
    ['referring to nothing', 'registry.tool.schema_invalid', object({ a: { $ref: '#/$defs/none' } })],
    ['referring to a prototype', 'registry.tool.schema_invalid', object({ a: { $ref: '#/constructor' } })],
    ['referring by a broken escape', 'registry.tool.schema_invalid', object({ a: { $ref: '#/%zz' } })],
    ['with a second base', 'registry.tool.schema_invalid', object({ a: { $id: 'https://example.com/b', $ref: '#' } })],
    ['asynchronous', 'registry.tool.schema_invalid', { type: 'object', $async: true }],
    ['asynchronous below', 'registry.tool.schema_invalid', object({ a: { $async: true } })],
    ['with its own vocabulary', 'registry.tool.schema_dialect', { type: 'object', $vocabulary: { 'https://example.com/v': true } }],
    ['with a key __proto__', 'registry.tool.schema_invalid', parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}')],
    ['with __proto__ in data', 'registry.tool.schema_invalid', parse('{"type":"object","default":{"__proto__":{}}}')],
    ['bad as a schema', 'registry.tool.schema_invalid', { type: 'objekt' }],
    ['bad below', 'registry.tool.schema_invalid', object({ a: { minimum: 'x' } })],
    ['with a pattern that is none', 'registry.tool.schema_invalid', object({ a: { type: 'string', pattern: '(' } })],
  ])('%s is refused in bounded time: %s', async (_, reason, schema) => {
    const started = performance.now();
    expect(await vetSchema(sandbox, schema)).toMatchObject({ ok: false, reason });
    expect(performance.now() - started).toBeLessThan(LIMITS.schemaCompileMs + 4000);
  });

  it('whose references loop back never reaches the main thread', async () => {
    expect(await laneOf({ type: 'object', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' })).not.toBe(
      'main',
    );
    expect(await laneOf(object({ child: { $ref: '#' } }))).toBe('worker');
    expect(await laneOf(doubling(30))).toBe('worker');
    expect(await laneOf(object({ a: { type: 'string', pattern: '^(?=x)' } }))).toBe('worker');
    expect(await laneOf(object({ a: { type: 'string', pattern: '^(a+)+$' } }))).toBe('main');
  });

  it('whose references multiply runs out of time and refuses the value, and the next value is served [R2-042 partial: envelope, wire]', async () => {
    const started = performance.now();
    expect(await validate(doubling(30), {})).toMatchObject({ ok: false, reason: 'registry.validation_too_slow' });
    expect(performance.now() - started).toBeLessThan(LIMITS.validationMs + 5000);
    expect(await validate(object({ child: { $ref: '#' } }, { additionalProperties: false }), { child: { child: {} } })).toEqual({
      ok: true,
      value: null,
    });
    expect(await validate(object({ child: { $ref: '#' } }, { additionalProperties: false }), { child: { x: 1 } })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('child: unknown "x"'),
    });
  });
});

describe('a pattern', () => {
  it.each(['^(a+)+$', '^(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*)*x'])(
    'that explodes elsewhere takes linear time here: %s',
    async (pattern) => {
      const schema = object({ text: { type: 'string', pattern } });
      expect(await laneOf(schema)).toBe('main');
      const check = compileSchema(schema, '2020-12', 'linear', true);
      const started = performance.now();
      check({ text: `${'a'.repeat(50_000)}!` });
      expect(performance.now() - started).toBeLessThan(2000);
    },
  );

  it('with look-ahead decides, and is stopped when it explodes', async () => {
    const schema = object({ text: { type: 'string', pattern: '^(?!x)(a+)+$' } });
    expect(await validate(schema, { text: 'aaa' })).toEqual({ ok: true, value: null });
    expect(await validate(schema, { text: 'xaa' })).toMatchObject({ ok: false, reason: 'registry.arguments_invalid' });
    expect(await validate(schema, { text: `${'a'.repeat(60)}!` })).toMatchObject({ ok: false, reason: 'registry.validation_too_slow' });
  });

  it.each([
    ['[[:alpha:]]', 'worker'],
    ['\\z', 'worker'],
    ['(a)\\1', 'worker'],
    ['^[\\w-]+$', 'main'],
    ['\\u0041', 'main'],
    ['^\\p{L}+$', 'main'],
  ])('that RE2 reads otherwise stays away from it: %s in %s', async (pattern, lane) => {
    expect(['main', 'worker']).toContain(await laneOf(object({ text: { type: 'string', pattern } })));
    if (lane === 'worker') expect(await laneOf(object({ text: { type: 'string', pattern } }))).toBe('worker');
  });

  it('is never taken for another of the same schema or of one compiled before', async () => {
    const schema = object({ a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } });
    for (const engine of ['linear', 'native'] as const) {
      const check = compileSchema(schema, '2020-12', engine, false);
      expect(check({ a: 'a', b: 'b' })).toBeNull();
      expect(check({ a: 'b' })).toContain('a: expected text that matches');
      expect(check({ b: 'a' })).toContain('b: expected text that matches');
    }
  });
});

describe('what a client is told', () => {
  const schema = object(
    {
      message: { type: 'string', maxLength: 5 },
      count: { type: 'integer', minimum: 1 },
      kind: { enum: ['a', 'b'] },
      list: { type: 'array', uniqueItems: true, maxItems: 2 },
    },
    { required: ['message', 'count'], additionalProperties: false },
  );
  const base = { message: 'hi', count: 1 };

  it.each<[JsonValue, string]>([
    [{}, 'missing "message", "count"'],
    [{ message: 'hi' }, 'missing "count"'],
    [{ ...base, x: 1, y: 2 }, 'unknown "x", "y" (known: message, count, kind, list)'],
    [{ ...base, message: 7 }, 'message: expected string, got number'],
    [{ ...base, message: null }, 'message: expected string, got null'],
    [{ ...base, message: '123456' }, 'message: expected at most 5 characters'],
    [{ ...base, count: 0 }, 'count: expected a number >= 1'],
    [{ ...base, count: 1.5 }, 'count: expected integer, got number'],
    [{ ...base, kind: 'c' }, 'kind: expected one of "a", "b"'],
    [{ ...base, list: [1, 1] }, 'list: expected items that differ from each other'],
    [{ ...base, list: [1, 2, 3] }, 'list: expected at most 2 items'],
    [[], 'expected object, got array'],
    ['x', 'expected object, got string'],
  ])('%j: %s', async (value, text) => {
    expect(await validate(schema, value)).toEqual({ ok: false, reason: 'registry.arguments_invalid', detail: text });
  });

  it('is short, and never the value', async () => {
    const secret = 'S3CRET'.repeat(10_000);
    for (const value of [
      { message: secret, count: 1 },
      { ...base, kind: secret },
      { ...base, [secret]: 1 },
    ]) {
      const answer = await validate(schema, value);
      expect(answer.ok).toBe(false);
      if (!answer.ok) expect(answer.detail?.length).toBeLessThanOrEqual(300);
    }
    expect(await validate(schema, { ...base, kind: secret })).toMatchObject({ detail: 'kind: expected one of "a", "b"' });
  });

  it('counts characters, not units, and inherited names as missing', async () => {
    const named = object({ a: { type: 'string', maxLength: 2, minLength: 2 } }, { required: ['toString'] });
    expect(await validate(named, { a: '😀😀', toString: 1 })).toEqual({ ok: true, value: null });
    expect(await validate(named, { a: '😀', toString: 1 })).toMatchObject({ detail: 'a: expected at least 2 characters' });
    expect(await validate(named, { a: 'ab' })).toMatchObject({ detail: 'missing "toString"' });
  });

  it('is the same for objects whose keys come in another order (uniqueItems)', async () => {
    const unique = object({ list: { type: 'array', uniqueItems: true } });
    expect(
      await validate(unique, {
        list: [
          { a: 1, b: [2] },
          { b: [2], a: 1 },
        ],
      }),
    ).toMatchObject({ ok: false });
    expect(await validate(unique, { list: [{ a: 1 }, { a: '1' }, [1], 1, '1', true, null] })).toEqual({ ok: true, value: null });
  });
});

describe('a heavy value', () => {
  it('is validated in the worker, with the same verdict', async () => {
    const schema = object({ rows: { type: 'array', items: { type: 'integer' } } });
    const rows = Array.from({ length: 30_000 }, (_, index) => index);
    const vetted = await vetSchema(sandbox, schema);
    if (!vetted.ok) throw new Error(vetted.detail);
    const validator = validators.validatorOf(schema, vetted.value, 'registry.result_invalid');
    expect(validator({ rows: [1] })).toEqual({ ok: true, value: null });
    expect(validator({ rows })).toBeInstanceOf(Promise);
    expect(await validator({ rows })).toEqual({ ok: true, value: null });
    expect(await validator({ rows: [...rows, 'x'] })).toMatchObject({
      ok: false,
      reason: 'registry.result_invalid',
      detail: 'rows.30000: expected integer, got string',
    });
  });
});

describe('a validator', () => {
  it('refuses everything when its schema is not the one that was vetted', () => {
    const validator = validators.validatorOf({ type: 'object' }, { hash: 'other', lane: 'main' }, 'registry.arguments_invalid');
    expect(validator({})).toMatchObject({ ok: false, reason: 'registry.arguments_invalid' });
  });

  it('of two schemas with one $id are two', async () => {
    const first = { $id: 'https://example.com/s', ...object({ a: { type: 'string' } }) };
    const second = { $id: 'https://example.com/s', ...object({ a: { type: 'number' } }) };
    expect(await validate(first, { a: 'x' })).toEqual({ ok: true, value: null });
    expect(await validate(second, { a: 'x' })).toMatchObject({ ok: false });
  });

  it('survives a schema that takes the $id of a meta-schema', async () => {
    const thief = { $id: 'https://json-schema.org/draft/2020-12/schema', type: 'object' };
    expect(await validate(thief, {})).toEqual({ ok: true, value: null });
    expect(await vetSchema(sandbox, { type: 'objekt' })).toMatchObject({ ok: false, reason: 'registry.tool.schema_invalid' });
  });

  it('is refused, and nobody waits for ever, once the sandbox is full or closed', async () => {
    const own = new SchemaSandbox();
    const job = { kind: 'try', schema: { type: 'object' }, dialect: '2020-12', engine: 'linear' } as const;
    const answers = Array.from({ length: LIMITS.validationQueue + 10 }, () => own.run(job, 5000));
    const kinds = await Promise.all(answers).then((all) => all.map((answer) => answer.kind));
    expect(kinds.filter((kind) => kind === 'busy').length).toBeGreaterThan(0);
    expect(kinds.filter((kind) => kind === 'compiled').length).toBeGreaterThanOrEqual(LIMITS.validationQueue);
    await own.close();
    expect(await own.run(job, 1000)).toEqual({ kind: 'busy' });
  });
});
