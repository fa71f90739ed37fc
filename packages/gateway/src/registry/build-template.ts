import type { ResourceTemplate } from '../contracts/target.ts';
import { compileTemplate, qualifyUri } from '../protocol/index.ts';
import type { Pin } from './pin.ts';
import { needsOf } from './tool-needs.ts';

const nothing = (): boolean => false;

/** A pinned template as requests see it. Where a pin cannot be used, no URI fits it. */
export function buildTemplate(pin: Pin): ResourceTemplate {
  const { definition, digest, problem } = pin.candidate;
  const usable = problem === null && pin.state !== 'quarantined';
  const compiled = usable ? compileTemplate(pin.name) : null;
  return Object.freeze({
    kind: 'template',
    server: pin.server,
    name: pin.name,
    qualifiedName: qualifyUri(pin.server, pin.name),
    effect: pin.effect ?? 'destructive',
    effectSet: pin.effect !== null,
    state: pin.state,
    needs: Object.freeze(needsOf(pin.candidate)),
    definition,
    digest,
    argumentNames: Object.freeze([...(compiled?.variables ?? [])]),
    matches: compiled?.matches ?? nothing,
  });
}
