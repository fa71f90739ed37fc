import { sha256Hex } from '../base/bytes.ts';
import { DEFAULT_TENANT as TENANT } from '../base/ids.ts';
import type { Configuration } from '../config/index.ts';
import type { Grant } from '../contracts/decision.ts';
import { accountPrincipal } from '../identity/index.ts';

/** A grant of the file, and the place that owns it. */
export interface FileGrant extends Grant {
  readonly path: readonly (string | number)[];
}

/** Grants of the file, and of its roles to their members, hold as long as they stand there, and are stored nowhere else. */
export function fileGrants({ file }: Pick<Configuration, 'file'>): readonly FileGrant[] {
  const own = (file?.grants ?? []).map((grant, index) => asGrant(grant, ['grants', index]));
  const ofRoles = (file?.roles ?? []).flatMap(({ name, members, tools }) =>
    members.flatMap((principal) => tools.map((tool, index) => asGrant({ principal, ...tool }, ['roles', name, 'tools', index], name))),
  );
  const ofAccounts = (file?.accounts ?? []).flatMap(({ name, part, tools }) =>
    tools.map((tool, index) => asGrant({ principal: accountPrincipal(TENANT, name), ...tool }, [part, name, 'tools', index], name)),
  );
  return [...own, ...ofRoles, ...ofAccounts];
}

function asGrant({ principal, tool, rules }: Omit<Grant, 'id'>, path: FileGrant['path'], role?: string): FileGrant {
  const named = [principal, tool, ...(role === undefined ? [] : [role])];
  const id = `file-${sha256Hex(named.join('\n')).slice(0, 16)}`;
  return { id, principal, tool, ...(rules === undefined ? {} : { rules }), path };
}
