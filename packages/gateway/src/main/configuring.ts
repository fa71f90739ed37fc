import type { Configuring, VersionReader } from '../admin/index.ts';
import type { PrincipalId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import { differences, membersOf, type Version } from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Applier } from './apply.ts';
import { accountOf } from './file-accounts.ts';
import { fileGrants } from './file-grants.ts';
import { checkStanding } from './history.ts';
import { propose } from './propose.ts';
import { type Reverting, revert } from './revert.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** The history of the configuration, as the API reads it. */
export const versionReader = (rooms: Rooms): VersionReader => ({
  newest: (tenant) => rooms.versions.newest(tenant),
  find: (tenant, name) => rooms.versions.find(tenant, name),
  list: (tenant, page) => rooms.versions.list(tenant, page),
  differences: (from, to) => differences(from.content, to.content),
  verify: async (tenant) => {
    const standing = await checkStanding(rooms, tenant);
    return standing.ok ? rooms.versions.verify(tenant) : standing;
  },
});

/** What changes it as a whole, and what of it the file owns. */
export function configuringOf({ apply, ...reverting }: Reverting & { readonly apply: Applier }): Configuring {
  const { rooms, reloader } = reverting;
  const newest = async (done: Result<unknown, Reason>): Promise<Result<Version, Reason>> => {
    if (!done.ok) return done;
    const found = await rooms.versions.newest(TENANT);
    if (!found.ok) return found;
    return found.value === null ? failure('config.version_unknown', 'there is no version') : success(found.value);
  };
  const file = () => rooms.configured.current().file;
  const lineOf = (path: readonly (string | number)[]): string => {
    const found = file();
    return `${found?.name ?? ''}:${found?.places.keyAt(path)?.line ?? 1}`;
  };
  const grantOf = (id: string) => fileGrants(rooms.configured.current()).find((grant) => grant.id === id);
  return {
    reload: async (by) => newest(await reloader.reload(by)),
    revert: (version, author) => revert(reverting, version, author),
    accept: async (by) => newest(await apply.accept(by)),
    ownerOf: (kind, id) => {
      const account = kind === 'account' ? file()?.accounts.find(({ name }) => name === id) : undefined;
      if (kind === 'account') return account === undefined ? null : lineOf([account.part, id]);
      const grant = kind === 'grant' ? grantOf(id) : undefined;
      if (kind === 'grant') return grant === undefined ? null : lineOf(grant.path);
      return Object.hasOwn(file()?.servers ?? {}, id) ? lineOf(['servers', id]) : null;
    },
    // Alone, so that no file without the account comes into force meanwhile.
    issue: (name, asked, by) =>
      apply.alone(async () => {
        const found = file()?.accounts.find((one) => one.name === name);
        if (found === undefined) return failure('identity.invalid_request', `the configuration file names no account ${name} any more`);
        return rooms.identity.createOf(TENANT, { account: accountOf(found), ...asked }, by);
      }),
    propose: (text) => propose(rooms, reverting.options, text),
    members: () => membersOf(file()?.roles ?? []),
    grants: () =>
      fileGrants(rooms.configured.current()).map(({ path, ...grant }) => ({
        ...grant,
        tenant: TENANT,
        by: lineOf(path) as PrincipalId,
        created: rooms.startedAt,
        lastUsed: null,
      })),
  };
}
