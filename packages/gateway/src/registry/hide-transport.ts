import type { Registration, Transport } from '../contracts/registration.ts';
import type { Sealer } from '../contracts/vault.ts';
import { type Storage, StorageError } from '../storage/index.ts';

/** How a server's transport is stored: its environment and headers hold credentials. */
export interface TransportText {
  write(of: Pick<Registration, 'tenant' | 'id' | 'transport'>): string;
  /** Throws `StorageError`: `storage.damaged` where it was changed or moved to another server. */
  read(of: { readonly tenant: string; readonly id: string; readonly transport: string }): Transport;
}

const MARK = 'sealed:';

/** SQLite encrypts the whole file; in any other engine the text is sealed, bound to tenant and server. */
export function transportText({ engine }: Storage, sealer: Sealer | undefined): TransportText {
  if (engine === 'sqlite') return { write: ({ transport }) => JSON.stringify(transport), read: ({ transport }) => JSON.parse(transport) };
  if (sealer === undefined) throw new Error('transports are kept on PostgreSQL only with a sealer');
  return {
    write: (of) => MARK + sealer.seal(Buffer.from(JSON.stringify(of.transport)), aadOf(of)).toString('base64'),
    read: (of) => {
      const plain = of.transport.startsWith(MARK) ? sealer.open(Buffer.from(of.transport.slice(MARK.length), 'base64'), aadOf(of)) : null;
      if (plain?.ok === true) return JSON.parse(plain.value.toString('utf8'));
      throw new StorageError(
        'storage.damaged',
        `the transport of server ${of.id} is not what was stored. Remove the server and add it again.`,
      );
    },
  };
}

const aadOf = ({ tenant, id }: { readonly tenant: string; readonly id: string }): string =>
  `{"purpose":"state","server":${JSON.stringify(id)},"tenant":${JSON.stringify(tenant)}}`;
