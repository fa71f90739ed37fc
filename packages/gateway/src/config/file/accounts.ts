import { DEFAULT_TENANT } from '../../base/ids.ts';
import type { Grant } from '../../contracts/decision.ts';
import { type Account, accountPrincipal, checkAccount } from '../../identity/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { Path, Places } from './places.ts';
import { rulesOf } from './roles.ts';
import type { FileParts } from './schema.ts';

/** Who holds keys by what the file says: a person's client, or a program. Its keys are made with `sallyport keys create NAME`. */
export interface AccountPlan extends Account {
  readonly part: 'clients' | 'service_accounts';
  readonly tools: readonly Pick<Grant, 'tool' | 'rules'>[];
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MOST_NAME = 40;
const DAY_MS = 86_400_000;

type FileAccount = NonNullable<FileParts['clients']>[string] | NonNullable<FileParts['service_accounts']>[string];

export interface PlannedAccounts {
  readonly accounts: readonly AccountPlan[];
  readonly mistakes: readonly Mistake[];
}

/** @param now wall time in milliseconds: an account that is over is a mistake, as an exception that is over is */
export function planAccounts(parts: FileParts, places: Places, now: number): PlannedAccounts {
  const mistakes: Mistake[] = [];
  const named = (part: AccountPlan['part']) =>
    Object.entries<FileAccount>(parts[part] ?? {}).map(([name, given]) => {
      const refuse = (path: Path, expected: string): void => {
        const told = mistake({ reason: 'config.invalid', key: [part, name, ...path].join('.'), expected });
        mistakes.push({ ...told, position: path.length === 0 ? places.keyAt([part, name]) : places.valueAt([part, name, ...path]) });
      };
      const plan = planOf(part, name, given);
      if (!NAME.test(name) || name.length > MOST_NAME) refuse([], `lower case words joined by hyphens, at most ${MOST_NAME} characters`);
      else if (part === 'service_accounts' && Object.hasOwn(parts.clients ?? {}, name)) refuse([], 'another name: it is among clients too');
      if (plan.endsAt !== null && plan.endsAt <= now) refuse(['until'], 'a day that is not over');
      const checked = checkAccount(plan);
      if (!checked.ok) refuse(at(given, checked.detail ?? ''), checked.detail ?? checked.reason);
      return plan;
    });
  return { accounts: [...named('clients'), ...named('service_accounts')], mistakes };
}

function planOf(part: AccountPlan['part'], name: string, given: FileAccount): AccountPlan {
  const { scopes, methods = null, networks = null, purpose = null, until, roles = [], tools = [] } = given;
  return {
    part,
    name,
    roles: part === 'service_accounts' ? ['service', ...roles] : roles,
    scopes: scopes.map(scopeOf),
    methods,
    cidrs: networks,
    owner: 'owner' in given ? given.owner : null,
    purpose,
    // Its last day is over at its end, in UTC.
    endsAt: until === undefined ? null : Date.parse(`${until}T00:00:00Z`) + DAY_MS,
    tools: tools.map((tool) => (typeof tool === 'string' ? { tool } : { tool: tool.tool, ...rulesOf(tool.rules) })),
  };
}

function scopeOf(text: string): Account['scopes'][number] {
  const slash = text.indexOf('/');
  return { server: text.slice(0, slash), tool: text.slice(slash + 1) };
}

/** The list that the detail speaks of, where it names one. */
const at = (given: FileAccount, detail: string): Path => {
  const key = detail.startsWith('cidrs') ? 'networks' : (/^(methods|roles|scopes)\b/.exec(detail)?.[1] ?? '');
  return Object.hasOwn(given, key) ? [key] : [];
};

/** The principal that a text of the file means: an account's by its name, or the one that it is. */
export const principalNamed = (parts: FileParts, text: string): string =>
  Object.hasOwn(parts.clients ?? {}, text) || Object.hasOwn(parts.service_accounts ?? {}, text)
    ? accountPrincipal(DEFAULT_TENANT, text)
    : text;
