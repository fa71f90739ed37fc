import type { JsonObject } from '../../src/contracts/json.ts';
import { call, modern, post, request, session, type Told, textOf } from '../scenarios/wire.ts';
import { DENIED_TOOL, type Lane, type Stand } from './lanes.ts';

/** What is wrong with how a denied tool is hidden: it must be gone from lists, answer like an unknown one, and never reach the server. */
export async function checkDenied(stand: Stand, { revision }: Lane): Promise<readonly string[]> {
  const ask = revision === '2026-07-28' ? modernAsk(stand) : await legacyAsk(stand);
  const listed = await listedBy(ask);
  const [denied, unknown] = [
    await ask('tools/call', { name: DENIED_TOOL, arguments: {} }),
    await ask('tools/call', { name: 'no_such_tool', arguments: {} }),
  ];
  const wrong: string[] = [];
  if (listed.length === 0) wrong.push('the list is empty, so that nothing was shown');
  if (listed.includes(DENIED_TOOL)) wrong.push(`${DENIED_TOOL} is listed`);
  if (shapeOf(denied, DENIED_TOOL) !== shapeOf(unknown, 'no_such_tool'))
    wrong.push(`it answers ${denied.status} ${textOf(denied)}, an unknown one ${unknown.status} ${textOf(unknown)}`);
  if (denied.message?.['error'] === undefined) wrong.push(`the call was answered: ${denied.body.slice(0, 200)}`);
  const seen = stand.witnesses().get(`tools/call ${DENIED_TOOL}`) ?? 0;
  if (seen > 0) wrong.push(`the server saw it ${seen} times`);
  return wrong;
}

type Ask = (method: string, params: JsonObject) => Promise<Told>;

const modernAsk =
  ({ mcp, key }: Stand): Ask =>
  (method, params) =>
    modern({ mcp, key }, 'denied', method, params);

async function legacyAsk({ mcp, key }: Stand): Promise<Ask> {
  const caller = await session({ mcp, key });
  return (method, params) =>
    method === 'tools/call' ? call(caller, 'denied', String(params['name'])) : post(caller, request('denied', method, params));
}

async function listedBy(ask: Ask): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const told: Told = await ask('tools/list', cursor === null ? {} : { cursor });
    const result = (told.message?.['result'] ?? {}) as {
      readonly tools?: readonly { readonly name: string }[];
      readonly nextCursor?: string;
    };
    names.push(...(result.tools ?? []).map(({ name }) => name));
    cursor = result.nextCursor ?? null;
  } while (cursor !== null);
  return names;
}

// All but the reference and the name that was asked for.
const shapeOf = (told: Told, name: string): string =>
  `${told.status} ${told.body.replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, 'REF').replaceAll(name, 'NAME')}`;
