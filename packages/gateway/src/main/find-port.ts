import { failure, type Result } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';

const PORTS_TO_TRY = 20;

export interface PortWish {
  /** 0 takes any. */
  readonly port: number;
  /** True: where it is taken, the next free one will do, and `tell` hears which. */
  readonly nextFree: boolean;
  /** What the person who starts it writes to choose another. */
  readonly option: '--port' | '--admin-port';
  readonly tell: (line: string) => void;
}

/** Opens something on the wished port, or on one of those after it. `http.listen_failed` says what to do. */
export async function findPort<T>(wish: PortWish, open: (port: number) => Promise<Result<T, Reason>>): Promise<Result<T, Reason>> {
  const tries = wish.nextFree && wish.port !== 0 ? PORTS_TO_TRY : 1;
  let code = '';
  for (let port = wish.port; port < Math.min(wish.port + tries, 65_536); port++) {
    const opened = await open(port);
    if (opened.ok && port !== wish.port) wish.tell(`port ${wish.port} is taken: using ${port} (${wish.option} N chooses)`);
    if (opened.ok || opened.reason !== 'http.listen_failed') return opened;
    code = opened.detail ?? '';
    if (code !== 'EADDRINUSE') break;
  }
  return failure('http.listen_failed', why(wish, code, tries));
}

function why({ port, option }: PortWish, code: string, tries: number): string {
  const range = tries > 1 ? `ports ${port} to ${port + tries - 1} of this machine are` : `port ${port} of this machine is`;
  if (code === 'EADDRINUSE') return `${range} taken by another program. Choose another: ${option} N, or ${option} 0 for any free one.`;
  if (code === 'EACCES') return `port ${port} needs rights that this user has not. Choose one above 1023: ${option} N.`;
  return `port ${port} cannot be opened (${code}). Choose another: ${option} N.`;
}
