import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { OfferFile } from '../fixtures/offer.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, post, request, session, type Told } from '../scenarios/wire.ts';
import { OFFER_MATRIX, OFFERS, type OfferName, offerAnswersOf } from './offer-matrix.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-offer-matrix-'));
const file = join(dir, 'offer.json');
const callLog = join(dir, 'calls');
const LISTED = [{ uri: 'note://listed', name: 'listed' }];
const prompts = (...names: readonly string[]) => names.map((name) => ({ name, arguments: [{ name: 'who' }] }));
const templates = (...names: readonly string[]) => names.map((name) => ({ uriTemplate: `made://${name}/{id}`, name }));
const offer = (what: OfferFile): void => writeFileSync(file, JSON.stringify({ resources: LISTED, ...what }));

let gateway: TestGateway;
beforeAll(async () => {
  writeFileSync(callLog, '');
  offer({ prompts: prompts('read', 'write', 'unset', 'changed'), templates: templates('read', 'unset') });
  const effects = {
    prompts: { read: 'read', write: 'write', changed: 'read' },
    templates: { 'made://read/{id}': 'read' },
    resources: 'read',
  };
  gateway = await startTestGateway({
    servers: [
      toolServer('offers', { offer: file, callLog, more: { ...effects, sharing: 'shared' } }),
      toolServer('loose', { offer: file, callLog, more: { prompts: {}, templates: {}, resources: null, sharing: 'shared' } }),
    ],
  });
  const changed = { name: 'changed', description: 'Now it is another.' };
  offer({ prompts: [...prompts('read', 'write', 'unset', 'pending'), changed], templates: templates('read', 'unset', 'pending') });
  const refreshed = await gateway.admin('POST', '/servers/offers/refresh', {});
  if (refreshed.status !== 200) throw new Error(JSON.stringify(refreshed.body));
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Use {
  readonly method: string;
  readonly params: JsonObject;
  readonly list: string;
  /** As lists name it. */
  readonly name: string;
}

const URIS: Readonly<Record<string, string>> = {
  'resource listed': 'offers+note://listed',
  'resource made': 'offers+made://read/7',
  'resource pending': 'offers+made://pending/7',
  'resource unset': 'loose+note://listed',
  'resource unknown': 'offers+note://unknown',
};

function useOf(object: OfferName): Use {
  const [kind = '', which = ''] = object.split(' ');
  if (kind === 'prompt')
    return { method: 'prompts/get', params: { name: `offers__${which}` }, list: 'prompts/list', name: `offers__${which}` };
  if (kind === 'template') {
    const name = `offers+made://${which}/{id}`;
    const params = { ref: { type: 'ref/resource', uri: name }, argument: { name: 'id', value: '' } };
    return { method: 'completion/complete', params, list: 'resources/templates/list', name };
  }
  const uri = URIS[object] ?? '';
  return { method: 'resources/read', params: { uri }, list: 'resources/list', name: uri };
}

/** What a reader of the wire would call the answer. */
function classOf({ message }: Told): string {
  const error = message?.['error'] as { readonly code: number; readonly message: string } | undefined;
  if (error === undefined) return message?.['result'] === undefined ? 'nothing' : 'yes';
  if (/^(Unknown prompt|Unknown resource template|Resource not found)/.test(error.message)) return '--';
  return error.code === 40300 ? 'not' : `${error.code} ${error.message}`;
}

/** A service account has somebody who answers for it, and an end. */
const accountOf = (roles: readonly string[]): JsonObject => (roles.includes('service') ? { owner: 'operations', expiresInDays: 1 } : {});

type Ask = (method: string, params?: JsonObject) => Promise<Told>;

async function lines(caller: Caller): Promise<Readonly<Record<string, Ask>>> {
  const inside = await session(caller);
  let id = 0;
  return {
    '2025-11-25': (method, params = {}) => post(inside, request(++id, method, params)),
    '2026-07-28': (method, params = {}) => modern(caller, ++id, method, params),
  };
}

const forwarded = (): number =>
  readFileSync(callLog, 'utf8')
    .split('\n')
    .filter((line) => /"method":"(prompts\/get|resources\/read|completion\/complete)"/.test(line)).length;

describe('every caller and every prompt, template and resource, over real sockets', () => {
  let cells = 0;

  it.each(OFFER_MATRIX.map((row) => [row.caller, row] as const))(
    '%s reaches what the table says, in lists too [R4-13 partial: tools stand in wire-matrix]',
    async (_, row) => {
      const { caller: name, roles, scopes, methods } = row;
      const { text } = await gateway.key({ name, roles, scopes, ...(methods === null ? {} : { methods }), ...accountOf(roles) });
      const answers = offerAnswersOf(row);
      expect(answers).toHaveLength(OFFERS.length);
      for (const [revision, ask] of Object.entries(await lines({ mcp: gateway.mcp, key: text }))) {
        const wrong: string[] = [];
        for (const [at, object] of OFFERS.entries()) {
          const { method, params, list, name: listed } = useOf(object);
          const before = forwarded();
          const told = classOf(await ask(method, params));
          const expected = answers[at];
          if (told !== expected) wrong.push(`${object}, ${revision}: expected ${expected}, got ${told}`);
          if (forwarded() - before !== (expected === 'yes' ? 1 : 0))
            wrong.push(`${object}, ${revision}: ${forwarded() - before} forwarded`);
          const shown = (await ask(list)).body.includes(`"${listed}"`);
          const mayList = methods === null || methods.includes(list);
          // What is made by a template is in no list but the template's.
          const inLists = expected === 'yes' && mayList && object !== 'resource made';
          if (expected !== 'not' && shown !== inLists) wrong.push(`${object}, ${revision}: ${shown ? 'is' : 'is not'} in ${list}`);
          cells += 2;
        }
        expect(wrong).toEqual([]);
      }
    },
    60_000,
  );

  it('asks every cell, and leaves every refusal in the journal with its reason', async () => {
    expect(cells).toBe(OFFER_MATRIX.length * OFFERS.length * 2 * 2);
    const records = (await gateway.records('kind=refusal')).map(({ record }) => (record as JsonObject)['reason']);
    for (const reason of ['hidden_prompt', 'hidden_template', 'hidden_resource'])
      expect(records.filter((one) => one === `gateway.${reason}`).length).toBeGreaterThan(0);
  });

  it('answers what is hidden as what is not there, byte for byte', async () => {
    const { text } = await gateway.key({ name: 'nosy', roles: ['reader'] });
    const caller = { mcp: gateway.mcp, key: text };
    const blank = (told: Told, name: string): string =>
      told.body.replaceAll(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, 'REF').replaceAll(JSON.stringify(name).slice(1, -1), 'NAME');
    for (const [ask, of] of Object.entries(await lines(caller)).map(([revision, one]) => [one, revision] as const)) {
      for (const [hidden, unknown] of [
        ['offers__unset', 'offers__never'],
        ['offers__pending', 'offers__neverabc'],
        ['offers__changed', 'offers__neverab'],
      ] as const)
        expect([of, withoutId(blank(await ask('prompts/get', { name: hidden }), hidden))]).toEqual([
          of,
          withoutId(blank(await ask('prompts/get', { name: unknown }), unknown)),
        ]);
      for (const hidden of ['loose+note://listed', 'offers+made://pending/7', 'nobody+note://listed']) {
        const unknown = 'offers+note://never';
        expect([of, blank(await ask('resources/read', { uri: hidden }), hidden)].map(String).map(withoutId)).toEqual(
          [of, blank(await ask('resources/read', { uri: unknown }), unknown)].map(String).map(withoutId),
        );
      }
    }
  });
});

const withoutId = (text: string): string => text.replaceAll(/"id":\d+/g, '"id":0');
