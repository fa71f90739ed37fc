import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { SecretString } from '../../base/secret-string.ts';
import { checkedUrl, type GlobalOptions, isKeyText, isLoopback, readKey, socketOf, startOf } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';

/** Where the gateway's MCP endpoint is, and the key that is presented there. */
export interface Place {
  readonly url: URL;
  readonly key: SecretString;
}

/** Found anew for each request: after a restart the port may be another, and a kept key is renewed. Null: it does not run now. */
export type FindPlace = () => Promise<Place | null>;

/** The file of a data directory that names the MCP endpoint while a gateway runs. */
export const ENDPOINT_FILE = 'endpoint';
/** Where the demo keeps its client's key. */
export const CLIENT_KEY_FILE = 'client.key';
const ANSWER_MS = 2000;

/**
 * By `--url`, else by the data directory. What cannot work is said at once, before the first message: no data directory, no key, a key
 * that others can read.
 */
export function placeOf(options: GlobalOptions, keyInEnvironment: string | undefined): FindPlace {
  const readOwnKey = keySource(options, keyInEnvironment);
  readOwnKey();
  if (options.url !== undefined) {
    const url = endpointUrl(options.url);
    return async () => ({ url, key: readOwnKey() });
  }
  const data = resolve(options.data);
  socketOf(data, startOf(options));
  return async () => {
    // The directory is ours alone, so what answers at its socket is our gateway: only then is the key sent to the port that the file
    // names. A port that the gateway left may be anybody's.
    if (!(await answers(socketOf(data, startOf(options))))) return null;
    const file = join(data, ENDPOINT_FILE);
    return existsSync(file) ? { url: endpointUrl(readFileSync(file, 'utf8').trim()), key: readOwnKey() } : null;
  };
}

function keySource(options: GlobalOptions, keyInEnvironment: string | undefined): () => SecretString {
  const start = startOf(options);
  if (options.keyFile !== undefined) {
    const file = options.keyFile;
    return () => readKey(file, start);
  }
  if (keyInEnvironment !== undefined && keyInEnvironment !== '') {
    if (!isKeyText(keyInEnvironment)) throw new CommandError(EXIT.usage, 'SALLYPORT_KEY does not hold an API key.');
    const key = new SecretString(keyInEnvironment);
    return () => key;
  }
  // A key belongs to one gateway: the one kept here is not shown to another.
  if (options.url !== undefined && !isLoopback(endpointUrl(options.url)))
    throw new CommandError(EXIT.usage, 'Say which key to present at --url: --key-file FILE, or SALLYPORT_KEY in the environment.');
  const file = join(resolve(options.data), CLIENT_KEY_FILE);
  if (existsSync(resolve(options.data)) && !existsSync(file)) throw new CommandError(EXIT.refused, NO_CLIENT_KEY);
  return () => readKey(file, start);
}

const NO_CLIENT_KEY =
  "There is no client key in the data directory: only the demo keeps one. Make one with `sallyport keys create NAME --role reader --scope '*/*'`, " +
  'put its text into a file of your own (chmod 600) and name it: --key-file FILE, or set SALLYPORT_KEY.';

/** `https://host` means its `/mcp`. The key travels with every request, so plain HTTP goes to this machine only. */
function endpointUrl(text: string): URL {
  const url = checkedUrl(text);
  if (url === null || url.search !== '' || url.hash !== '') {
    throw new CommandError(
      EXIT.usage,
      '--url takes the MCP endpoint: https://HOST[:PORT]/mcp or /mcp/SERVER, or http:// with a loopback address.',
    );
  }
  return url.pathname === '/' ? new URL('/mcp', url) : url;
}

const answers = (path: string): Promise<boolean> =>
  new Promise((settle) => {
    const socket = createConnection(path);
    const end = (answered: boolean) => (): void => {
      socket.destroy();
      settle(answered);
    };
    socket.once('connect', end(true)).once('error', end(false));
    socket.setTimeout(ANSWER_MS, end(false));
  });
