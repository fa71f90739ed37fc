import { type ServerDetail, serverDetail } from '../../admin/index.ts';
import type { Effect } from '../../contracts/target.ts';
import type { Work } from '../commands/command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import type { Adding } from './adding.ts';
import { type Decision, decideByAsking, decidedByOptions, effectOption } from './decide.ts';
import { type AddOptions, type Draft, wantedOf } from './draft.ts';
import { offerScreen } from './offer-screen.ts';
import { propose } from './propose.ts';

export interface AddFlags extends AddOptions {
  readonly effect: readonly string[];
  readonly yes?: boolean;
  readonly probe?: boolean;
}

type Added = ServerDetail | null;

/** Probes what was named, shows what it offers, asks what each tool does, and registers it with what was approved. Returns what was registered. */
export async function addServers(
  work: Work,
  operands: readonly string[],
  flags: AddFlags,
  adding: Adding,
): Promise<readonly ServerDetail[]> {
  const wanted = wantedOf(operands, flags, adding);
  if ('registration' in wanted) {
    say(work, 'Starting the server and reading what it offers …');
    return [await work.api.call('POST', '/api/v1/servers', serverDetail, wanted.registration)];
  }
  const given = new Map(flags.effect.map(effectOption));
  if (flags.yes !== true && flags.probe !== true && (adding.ask === null || work.terminal.json)) throw new CommandError(EXIT.usage, NOBODY);
  const added: ServerDetail[] = [];
  for (const draft of wanted.drafts) {
    const one = await addOne(work, draft, { flags, given, adding });
    if (one !== null) added.push(one);
  }
  return added;
}

const NOBODY =
  'Nobody can be asked here. Look first with --probe; then register with --yes and an --effect TOOL=read or TOOL=write for each tool that is not destructive.';

interface Answers {
  readonly flags: AddFlags;
  readonly given: ReadonlyMap<string, Effect>;
  readonly adding: Adding;
}

async function addOne(work: Work, draft: Draft, { flags, given, adding }: Answers): Promise<Added> {
  const { api, terminal } = work;
  say(work, `Starting ${sanitize(draft.id)} once and reading what it offers …`);
  const offer = await api.call('POST', '/api/v1/probes', serverDetail, draft);
  if (terminal.json) {
    if (flags.yes !== true) terminal.printJson(probeJson(offer));
  } else terminal.print(`\n${offerScreen(offer, terminal.screen)}\n`);
  if (flags.probe === true) return null;
  const decision =
    flags.yes === true || adding.ask === null ? decidedByOptions(offer, given) : await decideByAsking(offer, given, await adding.ask());
  if (decision === null) {
    say(work, 'Nothing was registered.');
    return null;
  }
  return api.call('POST', '/api/v1/servers', serverDetail, registrationOf(draft, offer, decision));
}

/** Held to what was shown: a server that offers another definition now is not registered. */
function registrationOf(draft: Draft, offer: ServerDetail, { effects, prompts, templates, resources }: Decision): unknown {
  return {
    ...draft,
    effects,
    ...(prompts === null ? {} : { prompts }),
    ...(templates === null ? {} : { templates }),
    resources,
    digests: Object.fromEntries(offer.tools.map(({ name, digest }) => [name, digest])),
  };
}

const probeJson = (offer: ServerDetail) => ({
  ...offer,
  tools: offer.tools.map((tool) => ({ ...tool, proposal: tool.problem === null ? propose(tool) : null })),
});

/** What takes longer than a second is said, to people. */
function say({ terminal }: Work, line: string): void {
  if (!terminal.json && terminal.screen.width !== null) terminal.tell(line);
}
