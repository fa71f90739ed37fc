import type { Registration } from '../contracts/registration.ts';
import type { PinKind, Prompt, ResourceTemplate, Tool } from '../contracts/target.ts';
import { buildPrompt } from './build-prompt.ts';
import { buildTemplate } from './build-template.ts';
import { buildTool } from './build-tool.ts';
import type { Pin } from './pin.ts';
import type { Validators } from './schemas/index.ts';

/** What a snapshot is built from: every server and every pin of a tenant, in every state. */
export interface RegistryState {
  readonly servers: readonly Registration[];
  /** By server, then in the order in which the server lists them. */
  readonly tools: readonly Tool[];
  readonly prompts: readonly Prompt[];
  readonly templates: readonly ResourceTemplate[];
}

export function buildState(
  validators: Validators,
  { servers, pins }: { readonly servers: readonly Registration[]; readonly pins: readonly Pin[] },
): RegistryState {
  const of = (kind: PinKind): readonly Pin[] => pins.filter((pin) => pin.kind === kind);
  return {
    servers,
    tools: of('tool').map((pin) => buildTool(validators, pin)),
    prompts: of('prompt').map(buildPrompt),
    templates: of('template').map(buildTemplate),
  };
}
