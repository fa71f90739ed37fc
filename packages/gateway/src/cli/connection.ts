import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SecretString } from '../base/secret-string.ts';
import { CommandError, EXIT } from './exit.ts';

export interface GlobalOptions {
  readonly json: boolean;
  readonly data: string;
  readonly url?: string;
  readonly keyFile?: string;
  readonly why?: string;
}

/** How to reach the administration API, and who asks. */
export interface Connection {
  readonly to: { readonly socketPath: string } | { readonly url: URL };
  readonly key: SecretString;
  /** For the record: why it is asked. */
  readonly why: string | null;
  /** For messages: what was tried. */
  readonly shown: string;
  readonly start: string;
}

/** Where the first run keeps the administrator's key, mode 0600. */
export const ADMIN_KEY_FILE = 'admin.key';

export function connectionOf(options: GlobalOptions): Connection {
  const data = resolve(options.data);
  const start = startOf(options);
  const to = options.url === undefined ? { socketPath: socketOf(data, start) } : { url: adminUrl(options.url) };
  const key = readKey(options.keyFile ?? join(data, ADMIN_KEY_FILE), start);
  return { to, key, why: options.why ?? null, shown: 'url' in to ? to.url.origin : to.socketPath, start };
}

/** The command that starts the gateway which was not found. */
export const startOf = (options: Pick<GlobalOptions, 'data'>): string =>
  `sallyport serve${options.data === './.sallyport' ? '' : ` --data ${options.data}`}`;

/** @param data absolute. The socket on which the gateway of that directory is administered; a directory that is not there ends the command. */
export function socketOf(data: string, start: string): string {
  if (!existsSync(data)) {
    throw new CommandError(
      EXIT.unreachable,
      `There is no data directory ${data}, so no Sallyport ran with it. Start one: ${start} (or npm start for the demo). If its data is elsewhere, say where: --data DIR.`,
    );
  }
  const pointer = join(data, 'socket');
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : join(data, 'admin.sock');
}

export const isLoopback = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** The key travels with every request, so plain HTTP goes to this machine only; and no credential stands in a URL. Null where it may not be used. */
export function checkedUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '') return null;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)) ? url : null;
}

function adminUrl(text: string): URL {
  const url = checkedUrl(text);
  if (url === null) {
    throw new CommandError(
      EXIT.usage,
      '--url takes https://HOST[:PORT], or http:// with a loopback address, such as http://127.0.0.1:8081.',
    );
  }
  return url;
}

export const isKeyText = (text: string): boolean => /^[\x21-\x7e]{8,512}$/.test(text);

export function readKey(file: string, start: string): SecretString {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new CommandError(
      EXIT.unreachable,
      `There is no key in ${file}. The first start makes it: ${start}. If yours is elsewhere, say where: --key-file FILE.`,
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    throw new CommandError(
      EXIT.refused,
      `Others can read the key in ${file}, so it is not used. Mend it: chmod 600 '${file}', then rotate that key.`,
    );
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!isKeyText(text)) throw new CommandError(EXIT.refused, `${file} does not hold an API key on one line.`);
  return new SecretString(text);
}
