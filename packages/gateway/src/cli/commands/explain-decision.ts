import { explanation } from '../../admin/index.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts } from '../render/table.ts';
import type { Work } from './command.ts';

interface ExplainOptions {
  readonly principal: string;
  readonly tool: string;
  readonly arguments: string;
  readonly at?: string;
}

export async function explainDecision({ api, terminal }: Work, { principal, tool, arguments: given, at }: ExplainOptions): Promise<void> {
  const query = new URLSearchParams({ principal, tool, arguments: given, ...(at === undefined ? {} : { at }) });
  const told = await api.call('GET', `/api/v1/reports/decision?${query}`, explanation);
  if (terminal.json) return terminal.printJson(told);
  const by = told.policies.map(({ id, place }) => (place === null ? sanitize(id) : `${sanitize(id)} (${sanitize(place)})`));
  terminal.print(
    facts(
      [
        ['outcome', told.outcome === 'hidden' ? 'hidden: it answers like a tool that does not exist' : told.outcome],
        ['policies', by.join(', ') || 'none'],
        ...(told.message === null ? [] : [['caller reads', sanitize(told.message)] as const]),
        ...told.because.map((sentence) => ['because', sanitize(sentence)] as const),
      ],
      terminal.screen,
    ),
  );
}
