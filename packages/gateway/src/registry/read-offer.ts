import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Offer, Offered } from '../contracts/prober.ts';
import type { RegistryReason } from '../contracts/reasons/registry.ts';
import type { PinKind } from '../contracts/target.ts';
import { isToolName } from './check-definition.ts';
import { isPromptName, judgePrompt } from './judge-prompt.ts';
import { isTemplateName, judgeTemplate } from './judge-template.ts';
import { judgeTool } from './judge-tool.ts';
import { type Candidate, keyOfPin } from './pin.ts';
import type { SchemaSandbox } from './schemas/index.ts';

/** What can be pinned of an offer. */
export type Lists = Pick<Offer, 'tools' | 'prompts' | 'templates'>;

export interface JudgedItem {
  readonly kind: PinKind;
  readonly name: string;
  readonly candidate: Candidate;
}

/** An offer by `keyOfPin`, judged, in the server's order; and how much was left out because nothing could name it. */
export interface JudgedOffer {
  readonly items: ReadonlyMap<string, JudgedItem>;
  readonly unnamed: number;
}

/** Judges all that a server offers. `registry.tool.too_many`: the server as a whole is refused, and nothing of it is judged. */
export async function readOffer(sandbox: SchemaSandbox, lists: Lists): Promise<Result<JudgedOffer, RegistryReason>> {
  const kinds = kindsOf(sandbox);
  for (const { list } of kinds) {
    const { length } = lists[list];
    if (length > LIMITS.toolsPerServer)
      return failure('registry.tool.too_many', `it lists ${length} ${list}, at most ${LIMITS.toolsPerServer} are allowed`);
  }
  const items = new Map<string, JudgedItem>();
  let unnamed = 0;
  for (const { kind, list, nameOf, judge } of kinds) {
    for (const offered of lists[list]) {
      const name = nameOf(offered);
      if (name === null) {
        unnamed += 1;
        continue;
      }
      const judged = await judge(offered);
      const candidate = offered.takes === undefined ? judged : { ...judged, takes: offered.takes };
      const key = keyOfPin({ kind, name });
      items.set(key, { kind, name, candidate: items.has(key) ? ambiguous(candidate, kind) : candidate });
    }
  }
  return success({ items, unnamed });
}

interface Kind {
  readonly kind: PinKind;
  readonly list: keyof Lists;
  readonly nameOf: (offered: Offered) => string | null;
  readonly judge: (offered: Offered) => Candidate | Promise<Candidate>;
}

const kindsOf = (sandbox: SchemaSandbox): readonly Kind[] => [
  {
    kind: 'tool',
    list: 'tools',
    nameOf: ({ definition: { name } }) => (isToolName(name) ? name : null),
    judge: ({ definition, needsCapability }) => judgeTool(sandbox, definition, needsCapability),
  },
  {
    kind: 'prompt',
    list: 'prompts',
    nameOf: ({ definition: { name } }) => (isPromptName(name) ? name : null),
    judge: ({ definition, needsCapability }) => judgePrompt(definition, needsCapability),
  },
  {
    kind: 'template',
    list: 'templates',
    nameOf: ({ definition: { uriTemplate } }) => (isTemplateName(uriTemplate) ? uriTemplate : null),
    judge: ({ definition, needsCapability }) => judgeTemplate(definition, needsCapability),
  },
];

// Two of one name: which of them a call reaches is the server's secret (threats.md: ambiguous tool names).
const ambiguous = (candidate: Candidate, kind: PinKind): Candidate => ({
  ...candidate,
  schemas: null,
  problem: { reason: 'registry.tool.definition_invalid', detail: `the server lists two ${kind}s of this name` },
});
