import type { Command } from 'commander';
import { type ServerDetail, type ServerLabels, serverDetail } from '../../admin/index.ts';
import type { Work } from '../commands/command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';

type Labels = ServerLabels['tools'][string];

interface LabelFlags {
  readonly tool?: string;
  readonly dataClass?: string;
  readonly environment?: string;
}

const NONE: Labels = { dataClass: null, environment: null };

export function withLabels(command: Command): Command {
  return command
    .argument('<id>')
    .description('say of which class the data of a server or tool is, and where it runs, for policies')
    .option('--tool <name>', 'one tool, as the server names it; without it the whole server')
    .option('--data-class <word>', 'such as public, internal or confidential; none takes it away')
    .option('--environment <word>', 'such as production; none takes it away');
}

/** Changes what the flags name and leaves the rest as it is. */
export async function labelServer({ api, terminal }: Work, id: string, flags: LabelFlags): Promise<void> {
  const path = `/api/v1/servers/${encodeURIComponent(id)}`;
  const { labels: was } = await api.call('GET', path, serverDetail);
  const before: ServerLabels = was ?? { ...NONE, tools: {}, prompts: {}, templates: {} };
  const { tool } = flags;
  const next: ServerLabels =
    tool === undefined
      ? { ...before, ...changed(before, flags) }
      : { ...before, tools: { ...before.tools, [tool]: changed(before.tools[tool] ?? NONE, flags) } };
  const shown = await api.call('POST', `${path}/labels`, serverDetail, { labels: next });
  if (terminal.json) return terminal.printJson(shown);
  for (const line of labelLines(shown)) terminal.print(line);
}

/** `files: data class internal · environment production`, of the server and of each tool that has labels of its own. */
export function labelLines({ id, labels }: Pick<ServerDetail, 'id' | 'labels'>): readonly string[] {
  if (labels === null) return [`${id} has no labels.`];
  const tools = Object.entries(labels.tools).map(([tool, own]) => `${id}__${sanitize(tool)}: ${labelText(own)}`);
  return [`${id}: ${labelText(labels)}`, ...tools];
}

function labelText({ dataClass, environment }: Labels): string {
  const said = [dataClass === null ? null : `data class ${dataClass}`, environment === null ? null : `environment ${environment}`];
  return said.filter((part) => part !== null).join(' · ') || 'no labels of its own';
}

function changed(was: Labels, { dataClass, environment }: LabelFlags): Labels {
  if (dataClass === undefined && environment === undefined)
    throw new CommandError(EXIT.usage, 'Say what it is labelled with: --data-class or --environment, each a word or none.');
  return { dataClass: label(dataClass, was.dataClass), environment: label(environment, was.environment) };
}

const label = (text: string | undefined, was: string | null): string | null => (text === undefined ? was : text === 'none' ? null : text);
