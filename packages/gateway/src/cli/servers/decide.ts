import type { ServerDetail, Tool } from '../../admin/index.ts';
import type { Effect } from '../../contracts/target.ts';
import type { Ask, Choice } from '../ask.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import { propose } from './propose.ts';

/** What a person decided about what a server offers. Tools without an effect count as destructive. */
export interface Decision {
  readonly effects: Readonly<Record<string, Effect>>;
  readonly prompts: Effect | null;
  readonly templates: Effect | null;
  readonly resources: Effect | null;
}

export const EFFECTS: readonly Effect[] = ['read', 'write', 'destructive'];
const isEffect = (text: string): text is Effect => (EFFECTS as readonly string[]).includes(text);

/** `TOOL=EFFECT`; the name may hold an equals sign. */
export function effectOption(text: string): readonly [string, Effect] {
  const equals = text.lastIndexOf('=');
  const effect = text.slice(equals + 1);
  if (equals > 0 && isEffect(effect)) return [text.slice(0, equals), effect];
  throw new CommandError(
    EXIT.usage,
    `--effect ${sanitize(text)}: write TOOL=EFFECT, with read, write or destructive, such as --effect read_file=read.`,
  );
}

const usable = (offer: ServerDetail): readonly Tool[] => offer.tools.filter(({ problem }) => problem === null);

/** Without a question: what was said on the command line, and nothing that the server proposes. */
export function decidedByOptions(offer: ServerDetail, given: ReadonlyMap<string, Effect>): Decision {
  for (const name of given.keys()) {
    if (offer.tools.every((tool) => tool.name !== name)) {
      throw new CommandError(
        EXIT.refused,
        `The server offers no tool ${sanitize(name)}. It offers: ${offer.tools.map((tool) => sanitize(tool.name)).join(', ')}.`,
      );
    }
  }
  return { effects: Object.fromEntries(given), prompts: null, templates: null, resources: null };
}

/** Null: the person does not want it registered. */
export async function decideByAsking(offer: ServerDetail, given: ReadonlyMap<string, Effect>, ask: Ask): Promise<Decision | null> {
  const proposed = new Map(usable(offer).map((tool) => [tool.name, given.get(tool.name) ?? propose(tool).effect] as const));
  const next = await ask.one({
    message: `Register ${offer.id}?`,
    options: [
      { value: 'as-proposed', label: `with these effects: ${summary([...proposed.values()])}` },
      { value: 'change', label: 'let me say what each tool does' },
      { value: 'careful', label: 'with every tool as destructive: nobody calls one without a grant' },
      { value: 'no', label: 'no' },
    ],
    initial: 'as-proposed',
  });
  if (next === 'no') return null;
  const effects = next === 'careful' ? new Map(given) : next === 'change' ? await askEach(offer, proposed, ask) : proposed;
  const reads = next === 'careful' ? null : ('read' as const);
  return {
    effects: Object.fromEntries(effects),
    prompts: offer.prompts.length > 0 ? reads : null,
    templates: offer.templates.length > 0 ? reads : null,
    resources: await resourcesOf(offer, reads, ask),
  };
}

const summary = (effects: readonly Effect[]): string =>
  EFFECTS.flatMap((effect) => {
    const found = effects.filter((one) => one === effect).length;
    return found === 0 ? [] : [`${found} ${effect}`];
  }).join(', ') || 'no tools';

async function askEach(offer: ServerDetail, proposed: ReadonlyMap<string, Effect>, ask: Ask): Promise<ReadonlyMap<string, Effect>> {
  const tools = usable(offer);
  const choice = ({ name }: Tool): Choice<string> => ({
    value: name,
    label: sanitize(name),
    hint: propose({ name, proposedEffect: null }).why,
  });
  const of = (effect: Effect, among: readonly Tool[]): readonly string[] =>
    among.filter(({ name }) => proposed.get(name) === effect).map(({ name }) => name);
  const read = new Set(await ask.many({ message: 'Which only read?', options: tools.map(choice), initial: of('read', tools) }));
  const left = tools.filter(({ name }) => !read.has(name));
  const write =
    left.length === 0
      ? new Set<string>()
      : new Set(
          await ask.many({
            message: 'Which change something that can be undone? The rest is destructive.',
            options: left.map(choice),
            initial: of('write', left),
          }),
        );
  return new Map(tools.map(({ name }) => [name, read.has(name) ? 'read' : write.has(name) ? 'write' : 'destructive'] as const));
}

/** Resources come and go and have no pins, so they are asked about as a whole. */
async function resourcesOf(offer: ServerDetail, reads: Effect | null, ask: Ask): Promise<Effect | null> {
  if (reads === null || offer.templates.length === 0) return null;
  const may = await ask.confirm({ message: 'May everybody who reads also read resources that no template names?', initial: false });
  return may ? 'read' : null;
}
