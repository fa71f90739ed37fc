import type { JsonObject } from '../contracts/json.ts';
import { readParamHeaders } from '../protocol/index.ts';
import { problemWith } from './check-definition.ts';
import { digestDefinition, kept } from './digest-definition.ts';
import type { Candidate, Problem, Schemas } from './pin.ts';
import { type SchemaSandbox, vetSchema } from './schemas/index.ts';

/** Digests a definition and judges whether it could be used. Never fails: what cannot be used has a problem, and is quarantined by it. */
export async function judgeTool(sandbox: SchemaSandbox, definition: JsonObject, needsCapability: boolean): Promise<Candidate> {
  const { text, bytes, digest, problem } = digestDefinition(definition);
  const early = problem ?? problemWith(definition, bytes) ?? headerProblem(definition, text);
  if (early !== null) return { definition: kept(definition, bytes), digest, needsCapability, schemas: null, problem: early };
  const schemas = await vetSchemas(sandbox, definition);
  return 'reason' in schemas
    ? { definition, digest, needsCapability, schemas: null, problem: schemas }
    : { definition, digest, needsCapability, schemas, problem: null };
}

// MCP 2026-07-28: a tool with a wrong x-mcp-header annotation MUST be left out.
function headerProblem(definition: JsonObject, text: string): Problem | null {
  if (!text.includes('"x-mcp-header"')) return null;
  const headers = readParamHeaders(definition['inputSchema'] as JsonObject);
  return headers.ok ? null : { reason: 'registry.tool.definition_invalid', detail: `x-mcp-header: ${headers.detail ?? ''}` };
}

async function vetSchemas(sandbox: SchemaSandbox, definition: JsonObject): Promise<Schemas | Problem> {
  const input = await vetSchema(sandbox, definition['inputSchema'] as JsonObject);
  if (!input.ok) return { reason: input.reason, detail: `inputSchema: ${input.detail ?? ''}` };
  if (definition['outputSchema'] === undefined) return { arguments: input.value, result: null };
  const output = await vetSchema(sandbox, definition['outputSchema'] as JsonObject);
  if (!output.ok) return { reason: output.reason, detail: `outputSchema: ${output.detail ?? ''}` };
  return { arguments: input.value, result: output.value };
}
