import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { compileTemplate } from '../protocol/index.ts';
import { problemWithTexts } from './check-definition.ts';
import { digestDefinition, kept } from './digest-definition.ts';
import type { Candidate, Problem } from './pin.ts';

const NAME_CHARS = 2048;

/** A template is named by what makes its URIs. */
export const isTemplateName = (name: JsonValue | undefined): name is string =>
  typeof name === 'string' && name !== '' && name.length <= NAME_CHARS;

/** Digests a resource template and judges whether it could be used. Never fails: what cannot be used has a problem. */
export function judgeTemplate(definition: JsonObject, needsCapability: boolean): Candidate {
  const { bytes, digest, problem } = digestDefinition(definition);
  const found = problem ?? problemWithTexts(definition, bytes) ?? problemWithTemplate(definition['uriTemplate']);
  return { definition: found === null ? definition : kept(definition, bytes), digest, needsCapability, schemas: null, problem: found };
}

const problemWithTemplate = (text: JsonValue | undefined): Problem | null =>
  isTemplateName(text) && compileTemplate(text) !== null
    ? null
    : { reason: 'registry.tool.definition_invalid', detail: 'uriTemplate is no RFC 6570 template' };
