import type { Ask } from '../ask.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';

/** What a person wants of a new installation. */
export interface Wishes {
  readonly reach: 'machine' | 'network';
  readonly port: number;
  readonly adminPort: number;
  /** Hosts by which clients elsewhere reach it; empty where only this machine does. */
  readonly names: readonly string[];
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** `env:NAME` or `file:PATH`; null keeps state in the data directory. */
  readonly postgres: string | null;
}

export interface InitFlags {
  readonly reach?: string;
  readonly port?: string;
  readonly adminPort?: string;
  readonly name: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly postgres?: string;
}

const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?$/i;
const REFERENCE = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/;

const usage = (message: string): CommandError => new CommandError(EXIT.usage, message);

const judgePort = (text: string): string | undefined =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? undefined : 'A port is a number from 1 to 65535.';
const judgeHost = (text: string): string | undefined =>
  HOST.test(text) ? undefined : 'A host, such as mcp.example.com: requests that name any other are refused (DNS rebinding).';
const judgePath = (text: string): string | undefined => (text.trim() === '' ? 'The path of a PEM file.' : undefined);
const judgeReference = (text: string): string | undefined =>
  REFERENCE.test(text) ? undefined : 'env:NAME or file:PATH: it holds a password, which never stands in the file.';

function judged(flag: string, text: string, judge: (text: string) => string | undefined): string {
  const wrong = judge(text);
  if (wrong !== undefined) throw usage(`${flag} ${sanitize(text)}: ${wrong}`);
  return text;
}

/** Each flag answers its question; what no flag answers is asked, or, where nobody can be, has its default. What has none is an error that names its flag. */
export async function wishesOf(flags: InitFlags, ask: Ask | null): Promise<Wishes> {
  const reach = await reachOf(flags, ask);
  const text = async (
    flag: string,
    given: string | undefined,
    question: string,
    judge: (text: string) => string | undefined,
    initial?: string,
  ): Promise<string> => {
    if (given !== undefined) return judged(flag, given, judge);
    if (ask !== null) return ask.text({ message: question, check: judge, ...(initial === undefined ? {} : { initial }) });
    if (initial !== undefined) return initial;
    throw usage(`${flag} is needed with --reach network, and nobody can be asked here.`);
  };
  const port = Number(await text('--port', flags.port, 'Port for clients', judgePort, '8080'));
  const adminPort = Number(
    await text('--admin-port', flags.adminPort, 'Port for administration, from this machine only', judgePort, '8081'),
  );
  if (port === adminPort) throw usage('--port and --admin-port need two different ports.');
  const postgres = await postgresOf(flags, ask);
  if (reach === 'machine') {
    if (flags.name.length > 0 || flags.tlsCert !== undefined || flags.tlsKey !== undefined)
      throw usage('--name, --tls-cert and --tls-key go with --reach network.');
    return { reach, port, adminPort, names: [], tls: null, postgres };
  }
  const [first, ...more] = flags.name;
  const name = await text('--name', first, 'Host by which clients reach it', judgeHost);
  const names = [name, ...more.map((other) => judged('--name', other, judgeHost))];
  const cert = await text('--tls-cert', flags.tlsCert, 'Certificate with its chain (PEM)', judgePath);
  const key = await text('--tls-key', flags.tlsKey, 'Its private key (PEM, mode 0600)', judgePath);
  return { reach, port, adminPort, names, tls: { cert, key }, postgres };
}

async function reachOf({ reach }: InitFlags, ask: Ask | null): Promise<Wishes['reach']> {
  if (reach === 'machine' || reach === 'network') return reach;
  if (reach !== undefined) throw usage(`--reach ${sanitize(reach)}: machine or network.`);
  if (ask === null) return 'machine';
  return ask.one({
    message: 'Who reaches it?',
    options: [
      { value: 'machine', label: 'clients on this machine', hint: '127.0.0.1, plain HTTP' },
      { value: 'network', label: 'clients on other machines', hint: 'needs a certificate' },
    ],
    initial: 'machine',
  });
}

async function postgresOf({ postgres }: InitFlags, ask: Ask | null): Promise<string | null> {
  if (postgres !== undefined) return judged('--postgres', postgres, judgeReference);
  if (ask === null) return null;
  const where = await ask.one({
    message: 'Where are state and journal kept?',
    options: [
      { value: 'here', label: 'in the data directory, encrypted', hint: 'nothing else to run' },
      { value: 'postgres', label: 'in PostgreSQL', hint: 'for more than one gateway' },
    ],
    initial: 'here',
  });
  return where === 'here' ? null : ask.text({ message: 'Its postgres:// URL, as env:NAME or file:PATH', check: judgeReference });
}
