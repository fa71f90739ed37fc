import type { ServerId } from '../base/ids.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Era } from '../contracts/target.ts';
import { resourceOf } from './resource-of.ts';
import type { ListName } from './upstream/upstream.ts';
import { reaches, visibleTo } from './visible.ts';

/** Whether a list differs, at the endpoint of one server or, for null, of all. */
export type ListDiffers = (list: ListName, era: Era, server: ServerId | null) => boolean;

/**
 * How what a principal may discover differs between two minutes of one snapshot. Resources are decided one by one when they are listed: of them it
 * knows the templates, and whose resources as a whole may be discovered.
 */
export function changedByTime(before: Snapshot, now: Snapshot, principal: Principal): ListDiffers {
  const [was, is] = [listsOf(before, principal), listsOf(now, principal)];
  return (list, era, server) => {
    const [old, young] = [was(list, era, server), is(list, era, server)];
    return old.length !== young.length || old.some((one, index) => one !== young[index]);
  };
}

/** Pins are the same objects in both: a minute changes no pin. */
function listsOf(snapshot: Snapshot, principal: Principal): (list: ListName, era: Era, server: ServerId | null) => readonly unknown[] {
  const { tool, prompt, template } = visibleTo(snapshot, principal);
  const whole = [...snapshot.servers.values()].filter((server) => {
    const decision = server.enabled ? snapshot.policy.decide(principal, 'discover', resourceOf(snapshot, server, '')) : null;
    return decision?.ok === true && decision.value.effect === 'allow';
  });
  return (list, era, server) => {
    const mine = <P extends { readonly server: ServerId }>(pins: readonly P[]): readonly P[] =>
      server === null ? pins : pins.filter((pin) => pin.server === server);
    if (list === 'tools') return mine(tool.byEra[era]);
    if (list === 'prompts') return mine(prompt.byEra[era]);
    const servers = whole.filter(({ id }) => (server === null || id === server) && reaches(snapshot, id, era));
    return [...mine(template.byEra[era]), null, ...servers];
  };
}
