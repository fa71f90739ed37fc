import { join } from 'node:path';
import { type Result, success } from '../base/result.ts';
import type { SecretString } from '../base/secret-string.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Seed } from '../contracts/running.ts';
import type { KeptKey } from '../identity/index.ts';
import { recordSystem } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface FirstKeys {
  readonly adminKeyFile: string;
  readonly client: { readonly text: SecretString; readonly key: KeptKey['key'] } | null;
}

const EVERYTHING = [{ server: '*', tool: '*' }];

/** The first admin key, and the client key of a seed. Both are kept, mode 0600, and rotate with overlap before they expire (DESIGN section 5). */
export async function firstKeys(rooms: Rooms, data: string, seed: Seed | null): Promise<Result<FirstKeys, Reason>> {
  const adminKeyFile = join(data, 'admin.key');
  const admin = await keep(rooms, adminKeyFile, { name: 'first-admin', roles: ['admin', 'auditor'], scopes: EVERYTHING });
  if (!admin.ok) return admin;
  if (seed === null) return success({ adminKeyFile, client: null });
  const client = await keep(rooms, join(data, 'client.key'), { ...seed.client, scopes: EVERYTHING });
  if (!client.ok) return client;
  return success({ adminKeyFile, client: { text: client.value.text, key: client.value.key } });
}

async function keep(
  rooms: Rooms,
  file: string,
  spec: { readonly name: string; readonly roles: Seed['client']['roles']; readonly scopes: typeof EVERYTHING },
): Promise<Result<KeptKey, Reason>> {
  const kept = await rooms.identity.ensureKept(file, { ...spec, tenant: TENANT });
  if (!kept.ok || kept.value.how === 'kept') return kept;
  const recorded = await recordSystem(rooms, `identity.key.${kept.value.how}`, kept.value.key.id, {
    name: spec.name,
    roles: [...spec.roles],
  });
  return recorded.ok ? kept : recorded;
}
