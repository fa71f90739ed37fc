import { LIMITS } from '../../base/limits.ts';
import { failure, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Validation, Validator } from '../../contracts/target.ts';
import { type Check, compileSchema } from './compile-schema.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import type { SchemaSandbox } from './schema-sandbox.ts';
import { hashOf, type Vetted } from './vet-schema.ts';
import { isHeavy } from './weight.ts';

type Side = 'registry.arguments_invalid' | 'registry.result_invalid';

const SUCCESS: Validation = success(null);

/** Compiled validators by hash, so that a new snapshot compiles only what is new. */
export class Validators {
  readonly #sandbox: SchemaSandbox;
  readonly #limit: number;
  readonly #checks = new Map<string, Check>();

  /** @param limit checks that are kept; those of tools in a snapshot live on in it. */
  constructor(sandbox: SchemaSandbox, limit = 4000) {
    this.#sandbox = sandbox;
    this.#limit = limit;
  }

  /** A validator of a vetted schema. Where the schema is not the one that was vetted, everything is refused. */
  validatorOf(schema: JsonObject, vetted: Vetted, side: Side): Validator {
    const dialect = dialectOf(schema);
    if (dialect === null || hashOf(schema) !== vetted.hash) return () => failure(side, 'the schema was not approved');
    const slow = (value: JsonValue): Promise<Validation> => this.#inWorker(schema, dialect, vetted.hash, value, side);
    if (vetted.lane === 'worker') return slow;
    const check = this.#checkOf(schema, dialect, vetted.hash);
    return (value) => (isHeavy(value) ? slow(value) : onMain(check, value, side));
  }

  #checkOf(schema: JsonObject, dialect: Dialect, hash: string): Check {
    const held = this.#checks.get(hash);
    if (held !== undefined) return held;
    if (this.#checks.size >= this.#limit) this.#checks.clear();
    const check = compileSchema(schema, dialect, 'linear', true);
    this.#checks.set(hash, check);
    return check;
  }

  async #inWorker(schema: JsonObject, dialect: Dialect, hash: string, value: JsonValue, side: Side): Promise<Validation> {
    const answer = await this.#sandbox.run({ kind: 'validate', hash, schema, dialect, value }, LIMITS.validationMs);
    if (answer.kind === 'validated') return answer.problem === null ? SUCCESS : failure(side, answer.problem);
    if (answer.kind === 'timeout') return failure('registry.validation_too_slow', 'validating this value takes too long');
    return failure('registry.validation_too_slow', 'validation is busy; try again');
  }
}

function onMain(check: Check, value: JsonValue, side: Side): Validation {
  try {
    const problem = check(value);
    return problem === null ? SUCCESS : failure(side, problem);
  } catch {
    // A recursive value that overflows the stack, or a fault of the compiled code: what was not checked does not pass.
    return failure(side, 'it could not be validated');
  }
}
