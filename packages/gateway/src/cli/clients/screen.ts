import { type Screen, styleOf } from '../render/style.ts';
import { wrap } from '../render/width.ts';
import type { Client, Endpoint, Program, Way } from './index.ts';

/** How a client is pointed at the gateway: straight, where it can and the key is to stand in its configuration, else by `sallyport connect`. */
export const wayOf = (client: Client, endpoint: Endpoint | null, program: Program): Way =>
  endpoint === null || client.http === null ? client.stdio(program) : client.http(endpoint);

/** One client for people: lines to paste are never wrapped. */
export function clientScreen({ title }: Client, { place, text, line, note }: Way, screen: Screen): string {
  const style = styleOf(screen);
  const parts = [`${style.bold(title)} ${style.dim(place)}`, text];
  if (line !== null && place !== 'shell') parts.push(style.dim('or, in a shell'), line);
  if (note !== null) parts.push(note.includes('export ') ? note : wrap(note, screen.width ?? Number.POSITIVE_INFINITY).join('\n'));
  return parts.join('\n\n');
}

export const clientsScreen = (clients: readonly Client[], endpoint: Endpoint | null, program: Program, screen: Screen): string =>
  clients.map((client) => clientScreen(client, wayOf(client, endpoint, program), screen)).join('\n\n\n');
