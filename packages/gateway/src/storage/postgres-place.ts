import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import { SecretString } from '../base/secret-string.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';

/** Where a PostgreSQL server is and how it is spoken to. */
export interface PostgresPlace {
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: SecretString | null;
  /** Null: a Unix socket, or this machine and the URL says `sslmode=disable`. */
  readonly tls: ConnectionOptions | null;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const PARAMETERS = new Set(['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']);
const FORM = 'postgres://USER:PASSWORD@HOST:PORT/DATABASE';

type Place = Result<PostgresPlace, StorageReason>;

/**
 * Reads a connection URL. `storage.connection_invalid` says what of it is not understood: a parameter that is passed over could be the one that
 * asked for encryption. Over a network there is TLS 1.3 with the server's name checked, and no way around it.
 */
export function readPlace(url: SecretString): Place {
  const parsed = URL.parse(url.reveal());
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) return invalid(`is not of the form ${FORM}`);
  const { searchParams: parameters } = parsed;
  const strange = [...parameters.keys()].find((name) => !PARAMETERS.has(name));
  if (strange !== undefined)
    return invalid(`has the parameter "${strange}", which is not understood; these are: ${[...PARAMETERS].join(', ')}`);
  const socket = parameters.get('host');
  if (socket !== null && !socket.startsWith('/'))
    return invalid('has a parameter "host" that is not the absolute path of a folder; put a host name before the path instead');
  const database = decoded(parsed.pathname.slice(1));
  const user = decoded(parsed.username);
  const password = decoded(parsed.password);
  if (!database || !user || password === null || (parsed.hostname === '' && socket === null)) return invalid(`is not of the form ${FORM}`);
  const tls = socket === null ? readTls(parsed.hostname, parameters) : success(null);
  if (!tls.ok) return tls;
  const host = socket ?? parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = parsed.port === '' ? 5432 : Number(parsed.port);
  return success({ host, port, database, user, password: password === '' ? null : new SecretString(password), tls: tls.value });
}

function readTls(host: string, parameters: URLSearchParams): Result<ConnectionOptions | null, StorageReason> {
  const mode = parameters.get('sslmode') ?? 'verify-full';
  if (mode === 'disable')
    return LOOPBACK.has(host)
      ? success(null)
      : invalid('has sslmode=disable, which is for this machine only: leave it out, TLS is the default');
  if (mode !== 'verify-full')
    return invalid(`has sslmode=${mode}; there is verify-full, which is the default, and disable for this machine`);
  try {
    const file = (name: string) => {
      const path = parameters.get(name);
      return path === null ? undefined : readFileSync(path);
    };
    const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
    const name = host.replace(/^\[(.*)\]$/, '$1');
    return success({
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
      // The driver names no host for an address, and Node would then compare the certificate with "localhost".
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    return invalid(`names a file that cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Never shows the URL: a password stands in it. */
const invalid = (problem: string): Failure<StorageReason> => failure('storage.connection_invalid', `the PostgreSQL URL ${problem}`);
