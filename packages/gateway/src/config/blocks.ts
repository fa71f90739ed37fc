import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { bytesIn, countOf } from './quantity.ts';
import type { Block, Rule, SettingValue } from './rule.ts';

const days = (value: SettingValue): number => countOf(String(value), 'days') ?? Number.POSITIVE_INFINITY;
const minutes = (value: SettingValue): number => countOf(String(value), 'minutes') ?? Number.POSITIVE_INFINITY;
const bytes = (value: SettingValue): number => bytesIn(String(value)) ?? Number.POSITIVE_INFINITY;

const open = { noDeviation: null, waitsFor: null };
const never = (): boolean => false;

function switchedOn(about: string, noDeviation: string | null = null): Rule {
  return { guide: true, form: z.boolean(), expected: 'true', isWeaker: (value) => value !== true, noDeviation, waitsFor: null, about };
}

function atMost(guide: number, least: number, about: string): Rule {
  const form = z.number().int().min(least).max(1_000_000);
  return { ...open, guide, form, expected: `a whole number from ${least} to ${guide}`, isWeaker: (value) => Number(value) > guide, about };
}

const authentication: Block = {
  type: {
    ...open,
    guide: 'bearer_token',
    form: z.literal('bearer_token'),
    expected: 'bearer_token',
    isWeaker: never,
    about: 'Keys travel as bearer tokens in the Authorization header and nowhere else.',
  },
  rotation_policy: {
    ...open,
    guide: '30_days',
    form: z.string().refine((text) => countOf(text, 'days') !== null),
    expected: '30_days or fewer',
    isWeaker: (value) => days(value) > 30,
    about: 'The longest life of an API key.',
  },
  encryption: {
    ...open,
    guide: 'AES-256',
    form: z.literal('AES-256'),
    expected: 'AES-256',
    isWeaker: never,
    about: 'What is stored is encrypted with AES and a 256-bit key.',
  },
  scope_limitations: switchedOn('A key without scopes reaches nothing.', 'keys always have scopes'),
  access_token_lifetime: {
    guide: '15_minutes',
    form: z.string().refine((text) => countOf(text, 'minutes') !== null),
    expected: '15_minutes to 30_minutes',
    isWeaker: (value) => minutes(value) < 15 || minutes(value) > 30,
    noDeviation: 'the life of access tokens is fixed at 15 to 30 minutes',
    waitsFor: 'the OAuth server',
    about: 'The life of an access token.',
  },
};

const CONTENT_TYPES = ['application/json', 'text/plain'] as const;

const inputValidation: Block = {
  max_payload_size: {
    guide: '10MB',
    form: z.string().refine((text) => (bytesIn(text) ?? 0) >= 1024),
    expected: '1KB to 10MB',
    isWeaker: (value) => bytes(value) > LIMITS.bodyBytes,
    noDeviation: 'memory and time of every guard are bounded for 10 MB',
    waitsFor: null,
    about: 'The largest request and result; 10MB is 10 * 1024 * 1024 bytes, before and after decompression.',
  },
  allowed_content_types: {
    ...open,
    guide: [...CONTENT_TYPES],
    form: z
      .array(z.enum(CONTENT_TYPES))
      .min(1)
      .refine((types) => types.includes('application/json')),
    expected: 'a list of application/json and, if wanted, text/plain',
    isWeaker: never,
    about: 'Content types of requests. MCP itself needs application/json.',
  },
  schema_enforcement: switchedOn(
    'Arguments and structured results must fit the pinned schemas.',
    'a pin without its schema would pin nothing',
  ),
  sanitization_rules: {
    ...open,
    guide: 'strict',
    form: z.literal('strict'),
    expected: 'strict',
    isWeaker: never,
    about: 'The list of parsing rules that every message passes.',
  },
};

const rateLimiting: Block = {
  requests_per_minute: atMost(100, 1, 'Requests of one principal in any 60 seconds.'),
  burst_allowance: atMost(20, 0, 'Requests beyond that, from a pool that refills.'),
  address_requests_per_minute: atMost(100, 1, 'Requests of one address in any 60 seconds: an IPv4 address or an IPv6 /64.'),
  ip_based_limiting: switchedOn('Each address has a budget.'),
  user_based_limiting: switchedOn('Each principal has a budget.'),
  progressive_delays: switchedOn('Whoever keeps exceeding the budget waits longer.'),
};

/** The blocks that are enforced, by the name they have in the document. */
export const BLOCKS: Readonly<Record<string, Block>> = { authentication, input_validation: inputValidation, rate_limiting: rateLimiting };

/** The guide's own other names. */
export const ALIASES: Readonly<Record<string, string>> = { rate_limiting_config: 'rate_limiting' };

/** Blocks of the guide whose room is not there yet, and what they wait for. They are refused, never ignored. */
export const NOT_BUILT: Readonly<Record<string, string>> = {
  data_classification: 'data classes and retention (privacy)',
  patch_management: 'patch deadlines (compliance)',
  monitoring: 'detection and alerts (detection)',
  monitoring_config: 'detection and alerts (detection)',
  roles: 'people and groups (identity); the roles of a key are given when it is made',
};
