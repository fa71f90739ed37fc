import type cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Grant } from '../contracts/decision.ts';

/** Policy ids appear in the journal and on screens: grant ids are plain. */
export const isGrantId = (text: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(text);

/** As a tree and not as text: a tool's or principal's name, which others chose, is never parsed as Cedar. */
export function grantPolicy(grant: Grant): cedar.PolicyJson {
  return {
    effect: 'permit',
    principal: { op: '==', entity: { type: 'Principal', id: grant.principal } },
    action: {
      op: 'in',
      entities: [
        { type: 'Action', id: 'discover' },
        { type: 'Action', id: 'call' },
      ],
    },
    resource: { op: '==', entity: { type: 'Tool', id: grant.tool } },
    conditions: [],
  };
}
