import { read, type Seen, startStand, type Use } from './hidden-stand.ts';

/** What a hidden object and one that is not there made the gateway ask of servers, and whether both were answered and recorded alike. */
export interface AskedPair {
  readonly what: string;
  /** Requests that reached a server, for each time of asking: `resources/list 1`. */
  readonly hidden: readonly string[];
  readonly unknown: readonly string[];
  /** Byte for byte. */
  readonly answeredAlike: boolean;
  /** As many records, of the same kinds. */
  readonly recordedAlike: boolean;
  /** The operator can tell. */
  readonly reasons: readonly unknown[];
}

const get = (name: string): Use => ({ method: 'prompts/get', params: { name }, name });
const complete = (uri: string): Use => ({
  method: 'completion/complete',
  params: { ref: { type: 'ref/resource', uri }, argument: { name: 'id', value: '' } },
  name: uri,
});

/** Hidden, and of the same length not there. */
const PAIRS: readonly (readonly [what: string, hidden: Use, unknown: Use])[] = [
  ['prompt', get('main__hidden'), get('main__hiddex')],
  ['template', complete('main+shut://{id}'), complete('main+shux://{id}')],
  ['resource of a server that shows none', read('none+note://one'), read('none+note://onx')],
  ['resource of a server that is hidden or not there', read('none+note://one'), read('nonx+note://one')],
  ['resource that a hidden template makes', read('main+shut://1'), read('main+shux://1')],
  ['resource that a policy hides, there', read('main+note://kept'), read('main+note://kexx')],
  ['resource that a policy hides, not there', read('main+note://kept/1'), read('main+note://kexx/1')],
];

/** Since its list was last read: so long that it is read again where it does not have what is asked for, and so long that it is read in any case. */
const RESTS_MS = [1001, 30_001];

/** Asks for each pair as a reader who was shown the server before, so that nothing is asked for the first time. */
export async function measureAsked(): Promise<readonly AskedPair[]> {
  const stand = await startStand();
  // Twice at one moment: the second time the list is new.
  const askTwice = async (use: Use): Promise<readonly Seen[]> => [await stand.ask(use), await stand.ask(use)];
  try {
    await stand.ask(read('main+note://never'));
    const pairs: AskedPair[] = [];
    for (const [what, hidden, unknown] of PAIRS) {
      const [ones, others]: [Seen[], Seen[]] = [[], []];
      for (const rest of RESTS_MS) {
        stand.advance(rest);
        ones.push(...(await askTwice(hidden)));
        stand.advance(rest);
        others.push(...(await askTwice(unknown)));
      }
      const alike = (of: (seen: Seen) => string): boolean => ones.map(of).join('\n') === others.map(of).join('\n');
      pairs.push({
        what,
        hidden: ones.map(({ asked }) => asked.join()),
        unknown: others.map(({ asked }) => asked.join()),
        answeredAlike: alike(({ told }) => told),
        recordedAlike: alike(({ records }) => records.join()),
        reasons: [ones[0]?.reason, others[0]?.reason],
      });
    }
    return pairs;
  } finally {
    await stand.stop();
  }
}
