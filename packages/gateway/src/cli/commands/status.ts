import type { Command } from 'commander';
import { type Status, status } from '../../admin/index.ts';
import { sanitize } from '../render/sanitize.ts';
import { styleOf } from '../render/style.ts';
import { facts, table } from '../render/table.ts';
import { relative } from '../render/time.ts';
import { type Surroundings, type Work, withApi } from './command.ts';

export function statusCommand(program: Command, surroundings: Surroundings): void {
  program.command('status').description('how the gateway, its servers and its log stand').action(withApi(surroundings, showStatus));
}

async function showStatus({ api, terminal, now }: Work): Promise<void> {
  const shown = await api.call('GET', '/api/v1/status', status);
  if (terminal.json) return terminal.printJson(shown);
  const style = styleOf(terminal.screen);
  terminal.print(
    facts(
      [
        ['Sallyport', `${shown.version} · started ${relative(shown.startedAt, now)}${shown.draining ? ' · stopping' : ''}`],
        ['endpoint', shown.mcpUrl],
        ['admin', `${shown.adminUrl}/api/v1`],
        ['data', shown.dataDir],
        ['journal', shown.journalWritable ? 'writable' : style.bad('NOT WRITABLE: every call is refused')],
        ['limits', `${shown.rate.requestsPerMinute}/min + ${shown.rate.burst}`],
        ['snapshot', `${shown.snapshot.sequence} · ${shown.snapshot.digest.slice(0, 12)}`],
        ...(shown.config.file === null ? [] : [['config', `${sanitize(shown.config.file)} · version ${shown.config.version}`] as const]),
        ...(shown.config.problem ?? '')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => ['not applied', style.bad(sanitize(line))] as const),
        ...shown.dangers.map(({ key, told }) => ['danger', style.bad(`${sanitize(key)}: ${sanitize(told)}`)] as const),
        ...shown.deviations.map(({ key, reason, until }) => ['deviation', `${key} until ${until}: ${sanitize(reason)}`] as const),
        ...shown.keysDisclosed.map(
          ({ id, name, disclosedAt }) =>
            [
              'disclosed',
              style.bad(`${sanitize(name)} stood in a URL ${relative(disclosedAt, now)} · sallyport keys rotate ${id}`),
            ] as const,
        ),
        ...shown.keysEnding.map(
          ({ id, name, expiresAt }) => ['key ends', `${sanitize(name)} ${relative(expiresAt, now)} · sallyport keys rotate ${id}`] as const,
        ),
      ],
      terminal.screen,
    ),
  );
  terminal.print('');
  terminal.print(
    table<Status['servers'][number]>(
      [
        { title: 'server', text: (row) => row.id },
        { title: 'state', text: (row) => row.state },
        { title: 'transport', text: (row) => row.transport },
        { title: 'tools', text: (row) => String(row.tools), align: 'right' },
        { title: 'waiting', text: (row) => String(row.pending), align: 'right' },
        { title: 'left out', text: (row) => String(row.unreachable), align: 'right' },
        { title: 'note', text: (row) => sanitize(row.note ?? ''), flexible: true },
      ],
      shown.servers,
      terminal.screen,
    ),
  );
}
