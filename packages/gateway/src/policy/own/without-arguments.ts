import type cedar from '@cedar-policy/cedar-wasm/nodejs';
import { readsArguments } from './argument-reads.ts';

type Node = Readonly<Record<string, unknown>>;

/**
 * The policy as it stands before the arguments are known: a permit that holds wherever some arguments might satisfy it, a forbid that holds only where
 * all would. What these permit is what could be called (DESIGN section 4: discovery never sees arguments). Each comparison of an argument is
 * taken by itself, so what two of them rule out together is not seen.
 */
export function withoutArguments(tree: cedar.PolicyJson): cedar.PolicyJson {
  const most = tree.effect === 'permit';
  const conditions = tree.conditions.map(({ kind, body }) => ({ kind, body: bound(body, most === (kind === 'when')) }));
  return { ...tree, conditions } as cedar.PolicyJson;
}

/** The node with every comparison of arguments taken as `most`: true gives what may hold, false what must. */
function bound(node: unknown, most: boolean): unknown {
  if (!readsArguments(node)) return node;
  const { '&&': and, '||': or, '!': not, 'if-then-else': choice } = node as Readonly<Record<string, Node | undefined>>;
  if (and !== undefined) return { '&&': sides(and, most) };
  if (or !== undefined) return { '||': sides(or, most) };
  if (not !== undefined) return { '!': { arg: bound(not['arg'], !most) } };
  if (choice !== undefined) return boundChoice(choice, most);
  return { Value: most };
}

const sides = (node: Node, most: boolean): Node => ({ left: bound(node['left'], most), right: bound(node['right'], most) });

function boundChoice(choice: Node, most: boolean): unknown {
  const [then, otherwise] = [bound(choice['then'], most), bound(choice['else'], most)];
  if (!readsArguments(choice['if'])) return { 'if-then-else': { if: choice['if'], then, else: otherwise } };
  return most ? { '||': { left: then, right: otherwise } } : { '&&': { left: then, right: otherwise } };
}
