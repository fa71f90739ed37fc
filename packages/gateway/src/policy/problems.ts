import type { PolicyDocument } from './document.ts';
import type { OwnPolicies } from './own/ask-own.ts';
import { namedTarget } from './own/heads.ts';
import { ENTITY } from './standing.ts';

const MOST = 10;

/** What about a policy does not fit what is there now, for people: a target that is missing, a tool whose arguments are others. */
export function problemsOf({ pins, servers }: PolicyDocument, { policies, unfit }: OwnPolicies, id: string): readonly string[] {
  const policy = policies.find((one) => one.id === id);
  if (policy === undefined) return [];
  const named = namedTarget(policy);
  const there = (type: string, name: string): boolean =>
    type === 'Server'
      ? servers.some(({ server }) => server === name)
      : pins.some((pin) => ENTITY[pin.kind] === type && pin.qualifiedName === name);
  const missing =
    named !== null && named.type !== 'Resource' && !there(named.type, named.id)
      ? [`it names ${named.id}, and there is no approved ${named.type.toLowerCase()} of that name`]
      : [];
  const misfits = [...unfit].flatMap(([tool, mistakes]) =>
    mistakes.flatMap((mistake) =>
      mistake.policy === id ? [`it does not fit ${tool}, which nobody may call until it does: ${mistake.what}`] : [],
    ),
  );
  return [...missing, ...misfits].slice(0, MOST);
}
