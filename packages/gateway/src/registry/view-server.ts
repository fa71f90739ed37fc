import type { Registration, Transport } from '../contracts/registration.ts';
import type { Effect, Need, PinKind, PinState } from '../contracts/target.ts';
import type { Candidate, Pin, Problem } from './pin.ts';
import { proposeEffect } from './propose-effect.ts';
import { needsOf } from './tool-needs.ts';

/** A registration as people see it: values of headers and of the environment, which are often secrets, are withheld. */
export interface ServerView {
  readonly registration: Registration;
  readonly tools: readonly ToolView[];
  readonly prompts: readonly ToolView[];
  readonly templates: readonly ToolView[];
}

/** A pin of any kind. */
export interface ToolView {
  readonly kind: PinKind;
  readonly name: string;
  readonly state: PinState;
  /** What holds: destructive where nobody set one. */
  readonly effect: Effect;
  readonly effectSet: boolean;
  /** What the server's annotations claim; `read` of prompts and templates, which are there to be read. */
  readonly proposedEffect: Effect | null;
  readonly needs: readonly Need[];
  readonly gone: boolean;
  readonly definition: Candidate['definition'];
  readonly digest: string;
  readonly problem: Problem | null;
  /** What a changed tool shows now: to be compared with `definition`, and approved by its digest. */
  readonly offered: { readonly definition: Candidate['definition']; readonly digest: string; readonly problem: Problem | null } | null;
}

export const viewServer = (registration: Registration, pins: readonly Pin[]): ServerView => ({
  registration: { ...registration, transport: withheld(registration.transport) },
  tools: viewKind(pins, 'tool'),
  prompts: viewKind(pins, 'prompt'),
  templates: viewKind(pins, 'template'),
});

const viewKind = (pins: readonly Pin[], kind: PinKind): readonly ToolView[] => pins.filter((pin) => pin.kind === kind).map(viewTool);

export function viewTool(pin: Pin): ToolView {
  const { definition, digest, problem } = pin.candidate;
  return {
    kind: pin.kind,
    name: pin.name,
    state: pin.state,
    effect: pin.effect ?? 'destructive',
    effectSet: pin.effect !== null,
    proposedEffect: pin.kind === 'tool' ? proposeEffect((pin.offered ?? pin.candidate).definition) : 'read',
    needs: needsOf(pin.candidate),
    gone: pin.gone,
    definition,
    digest,
    problem,
    offered: pin.offered === null ? null : { definition: pin.offered.definition, digest: pin.offered.digest, problem: pin.offered.problem },
  };
}

function withheld(transport: Transport): Transport {
  if (transport.kind === 'stdio') return { kind: 'stdio', launch: { ...transport.launch, env: hideValues(transport.launch.env) } };
  const { local } = transport;
  return {
    ...transport,
    headers: hideValues(transport.headers),
    local: local === null ? null : { ...local, launch: { ...local.launch, env: hideValues(local.launch.env) } },
  };
}

const hideValues = (all: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(all).map((name) => [name, '[withheld]']));
