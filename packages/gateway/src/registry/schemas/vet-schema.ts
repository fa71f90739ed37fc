import { sha256Hex } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { RegistryReason } from '../../contracts/reasons/registry.ts';
import { inspectSchema } from './inspect-schema.ts';
import type { SandboxAnswer, SchemaSandbox } from './schema-sandbox.ts';

/** `main`: compiled and run on the main thread; `worker`: only ever in a worker under a time limit. */
export type Lane = 'main' | 'worker';

/** A schema that passed, by its hash: only such hashes are ever compiled on the main thread. */
export interface Vetted {
  readonly hash: string;
  readonly lane: Lane;
}

/** Inspects a schema and compiles it in the sandbox under limits. Fails with the reason for which its tool is quarantined. */
export async function vetSchema(sandbox: SchemaSandbox, schema: JsonObject): Promise<Result<Vetted, RegistryReason>> {
  const facts = inspectSchema(schema);
  if (!facts.ok) return facts;
  const { dialect, linear } = facts.value;
  const answer = await sandbox.run({ kind: 'try', schema, dialect, engine: linear ? 'linear' : 'native' }, LIMITS.schemaCompileMs);
  const ms = compiledIn(answer);
  if (!ms.ok) return ms;
  return success({ hash: hashOf(schema), lane: linear && ms.value <= LIMITS.schemaMainCompileMs ? 'main' : 'worker' });
}

/** Over the text as it is stored, keys in their order: stored and compiled text are the same. */
export const hashOf = (schema: JsonObject): string => sha256Hex(JSON.stringify(schema));

function compiledIn(answer: SandboxAnswer): Result<number, RegistryReason> {
  switch (answer.kind) {
    case 'compiled':
      return success(answer.ms);
    case 'refused':
      return failure('registry.tool.schema_invalid', answer.detail);
    case 'validated':
      return failure('registry.tool.schema_invalid', 'the worker answered something else');
    case 'timeout':
      return failure('registry.tool.schema_too_slow', `it does not compile within ${LIMITS.schemaCompileMs} ms`);
    case 'busy':
      return failure('registry.tool.schema_too_slow', 'too many schemas wait to be compiled');
  }
}
