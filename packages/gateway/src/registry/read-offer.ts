import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Offer } from '../contracts/prober.ts';
import type { RegistryReason } from '../contracts/reasons/registry.ts';
import { isToolName } from './check-definition.ts';
import { judgeTool } from './judge-tool.ts';
import type { Candidate } from './pin.ts';
import type { SchemaSandbox } from './schemas/index.ts';

/** The tools of an offer by name, judged, in the server's order; and how many were left out because nothing could name them. */
export interface JudgedOffer {
  readonly tools: ReadonlyMap<string, Candidate>;
  readonly unnamed: number;
}

/** Judges every tool that a server offers. `registry.tool.too_many`: the server as a whole is refused, and nothing of it is judged. */
export async function readOffer(sandbox: SchemaSandbox, offered: Offer['tools']): Promise<Result<JudgedOffer, RegistryReason>> {
  if (offered.length > LIMITS.toolsPerServer) {
    return failure('registry.tool.too_many', `it lists ${offered.length} tools, at most ${LIMITS.toolsPerServer} are allowed`);
  }
  const tools = new Map<string, Candidate>();
  let unnamed = 0;
  for (const { definition, needsCapability } of offered) {
    const name = definition['name'];
    if (!isToolName(name)) unnamed += 1;
    else if (tools.has(name)) tools.set(name, ambiguous(await judgeTool(sandbox, definition, needsCapability)));
    else tools.set(name, await judgeTool(sandbox, definition, needsCapability));
  }
  return success({ tools, unnamed });
}

// Two tools of one name: which of them a call reaches is the server's secret (threats.md: ambiguous tool names).
const ambiguous = (candidate: Candidate): Candidate => ({
  ...candidate,
  schemas: null,
  problem: { reason: 'registry.tool.definition_invalid', detail: 'the server lists two tools of this name' },
});
