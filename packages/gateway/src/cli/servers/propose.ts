import type { Tool } from '../../admin/index.ts';
import type { Effect } from '../../contracts/target.ts';

/** What an effect is proposed for, and why, in words for the person who decides. Nothing of it is believed. */
export interface Proposal {
  readonly effect: Effect;
  readonly why: string;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
/** First words of names, by what they usually do. What is in no list proposes nothing. */
const BY_NAME: readonly (readonly [Effect, ReadonlySet<string>])[] = [
  [
    'destructive',
    words(
      'delete remove drop destroy purge wipe kill execute exec run eval shell move rename overwrite reset revoke cancel merge deploy pay transfer',
    ),
  ],
  [
    'write',
    words(
      'write create add insert update edit set put patch append upload save send post publish comment reply assign toggle enable disable subscribe start stop open click type fill navigate',
    ),
  ],
  [
    'read',
    words(
      'read get list search find query show describe fetch view lookup count check inspect status info head tail tree diff log echo ping resolve explain validate',
    ),
  ],
];
const SEVERITY: Readonly<Record<Effect, number>> = { read: 0, write: 1, destructive: 2 };

/**
 * An effect for a tool, from what its server claims and what its name says; the graver where they differ, destructive where neither says anything.
 * A server that marks `delete_all` as read-only gains nothing by it.
 */
export function propose(tool: Pick<Tool, 'name' | 'proposedEffect'>): Proposal {
  const named = effectOfName(tool.name);
  const claimed = tool.proposedEffect;
  if (named === null && claimed === null) return { effect: 'destructive', why: 'neither its server nor its name says what it does' };
  if (claimed === null) return { effect: named ?? 'destructive', why: 'by its name; its server says nothing' };
  if (named === null) return { effect: claimed, why: 'its server says so' };
  if (named === claimed) return { effect: named, why: 'its server says so, and so does its name' };
  const graver = SEVERITY[named] > SEVERITY[claimed] ? named : claimed;
  return { effect: graver, why: `its server says ${claimed}, its name says ${named}: the graver` };
}

function effectOfName(name: string): Effect | null {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '');
  // The gravest word anywhere in the name, so that `get_and_delete` is not called reading.
  for (const [effect, list] of BY_NAME) if (effect === 'destructive' && parts.some((part) => list.has(part))) return effect;
  const [first = ''] = parts;
  return BY_NAME.find(([, list]) => list.has(first))?.[0] ?? BY_NAME.find(([, list]) => parts.some((part) => list.has(part)))?.[0] ?? null;
}
