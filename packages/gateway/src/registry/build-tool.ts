import { failure } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Tool, Validator } from '../contracts/target.ts';
import { qualifyName, readParamHeaders } from '../protocol/index.ts';
import type { Pin } from './pin.ts';
import type { Validators } from './schemas/index.ts';
import { needsOf } from './tool-needs.ts';

/** A pin as calls see it: the approved definition and validators of its schemas. Where a pin cannot be used, its validators refuse everything. */
export function buildTool(validators: Validators, pin: Pin): Tool {
  const { definition, digest, schemas } = pin.candidate;
  const usable = schemas !== null && pin.state !== 'quarantined';
  return Object.freeze({
    kind: 'tool',
    server: pin.server,
    name: pin.name,
    qualifiedName: qualifyName(pin.server, pin.name),
    effect: pin.effect ?? 'destructive',
    effectSet: pin.effect !== null,
    state: pin.state,
    needs: Object.freeze(needsOf(pin.candidate)),
    definition,
    digest,
    validateArguments: usable ? validators.validatorOf(inputOf(definition), schemas.arguments, 'registry.arguments_invalid') : refuse,
    validateResult: usable ? resultValidator(validators, definition, schemas.result) : refuse,
    paramHeaders: usable ? paramHeaders(definition) : [],
  });
}

function resultValidator(
  validators: Validators,
  definition: JsonObject,
  vetted: NonNullable<Pin['candidate']['schemas']>['result'],
): Validator | null {
  return vetted === null ? null : validators.validatorOf(definition['outputSchema'] as JsonObject, vetted, 'registry.result_invalid');
}

function paramHeaders(definition: JsonObject): Tool['paramHeaders'] {
  const headers = readParamHeaders(inputOf(definition));
  return headers.ok ? headers.value : [];
}

const inputOf = (definition: JsonObject): JsonObject => definition['inputSchema'] as JsonObject;

const refuse: Validator = () => failure('registry.tool.schema_invalid', 'this tool is quarantined');
