import { mistakeInRules } from '../base/argument-rules.ts';
import { isServerId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { Role, Scope } from '../contracts/principal.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import { networkText } from './network.ts';
import { forbiddenRole } from './service-account.ts';

/** What a key is asked to be. */
export interface KeyRequest {
  /** 1 to 100 characters, no control characters; unique among the live keys of the tenant. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** At least one. `*` alone stands for all servers, or all tools. */
  readonly scopes: readonly Scope[];
  /** Null or absent: all methods that the roles permit. */
  readonly methods?: readonly string[] | null;
  /** IPv4 or IPv6 networks; null or absent: from anywhere. */
  readonly cidrs?: readonly string[] | null;
  /** Who answers for it; needed for the role service. */
  readonly owner?: string | null;
  /** What it is issued for: small letters, digits and hyphens; null or absent: nothing in particular. */
  readonly purpose?: string | null;
  /** Wall time in milliseconds; absent: as late as the settings allow. The role service must name it. */
  readonly expiresAt?: number;
}

/** A request whose every part has been checked, with networks in canonical form. */
export interface CheckedRequest {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  readonly methods: readonly string[] | null;
  readonly cidrs: readonly string[] | null;
  readonly owner: string | null;
  readonly purpose: string | null;
}

const ROLES: ReadonlySet<string> = new Set<Role>(['reader', 'writer', 'approver', 'auditor', 'admin', 'service', 'monitor']);
const NAME = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,100}$/u;
const METHOD = /^[a-zA-Z][a-zA-Z0-9/_-]*$/;
const TOOL = /^[^*\p{Cc}\p{Cs}]+$/u;
const PURPOSE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MOST_ITEMS = 100;

/** Checks what a person wrote; the detail names the first thing that is wrong. */
export function checkRequest(request: KeyRequest): Result<CheckedRequest, IdentityReason> {
  const methods = request.methods ?? null;
  const owner = request.owner ?? null;
  const cidrs = request.cidrs?.map(networkText) ?? null;
  const wrong = firstWrong(request, methods, cidrs, owner);
  if (wrong !== null) return wrong;
  const { name, roles, scopes } = request;
  return success({
    name: name.trim(),
    roles: [...new Set(roles)],
    scopes: scopes.map(({ server, tool, rules }) => ({ server, tool, ...(rules === undefined ? {} : { rules }) })),
    methods: methods === null ? null : [...methods],
    cidrs: cidrs === null ? null : cidrs.filter((network) => network !== null),
    owner,
    purpose: request.purpose ?? null,
  });
}

function firstWrong(
  request: KeyRequest,
  methods: readonly string[] | null,
  cidrs: readonly (string | null)[] | null,
  owner: string | null,
): Failure<IdentityReason> | null {
  const { name, roles, scopes } = request;
  const service = forbiddenRole(roles);
  const rule = scopes.map(({ rules }) => (rules === undefined ? null : mistakeInRules(rules))).find((told) => told !== null) ?? null;
  const rules: readonly (readonly [right: boolean, rule: string])[] = [
    [NAME.test(name) && name.trim() !== '', 'a name has 1 to 100 characters and no control characters'],
    [within(roles, 1) && roles.every((role) => ROLES.has(role)), `roles: at least one of ${[...ROLES].join(', ')}`],
    [within(scopes, 1), 'scopes: at least one; a key without scopes reaches nothing'],
    [scopes.every(isScope), 'a scope names a server id or *, and a tool or *'],
    [rule === null, `a rule of a scope: ${rule}`],
    [methods === null || (within(methods, 1) && methods.every(isMethod)), 'methods: at least one method name, or none at all'],
    [
      cidrs === null || (within(cidrs, 1) && cidrs.every((network) => network !== null)),
      'cidrs: networks such as 10.0.0.0/8 or 2001:db8::/32',
    ],
    [owner === null || NAME.test(owner), 'an owner has 1 to 100 characters and no control characters'],
    [isPurpose(request.purpose ?? null), 'a purpose has small letters, digits and single hyphens, at most 64'],
    [service === null, `a service account cannot hold the role ${service}, which is for people`],
    [!roles.includes('service') || (owner !== null && request.expiresAt !== undefined), 'the role service needs an owner and an expiry'],
  ];
  const broken = rules.find(([right]) => !right);
  return broken === undefined ? null : failure('identity.invalid_request', broken[1]);
}

const within = (items: readonly unknown[], least: number): boolean => items.length >= least && items.length <= MOST_ITEMS;
const isPurpose = (purpose: string | null): boolean => purpose === null || (purpose.length <= 64 && PURPOSE.test(purpose));
const isMethod = (method: string): boolean => method.length <= LIMITS.methodBytes && METHOD.test(method);
const isScope = ({ server, tool }: Scope): boolean =>
  (server === '*' || isServerId(server)) && (tool === '*' || (tool.length <= LIMITS.nameBytes && TOOL.test(tool)));
