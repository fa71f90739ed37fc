import { describe, expect, it } from 'vitest';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { Partially } from './exchange.ts';
import { REPLIES } from './reply.ts';
import { refusalOf, statusOfError } from './respond.ts';

const exchangeOf = (revision: string, className: string, kind = 'request'): Partially =>
  ({
    id: '01JB0000000000000000000000',
    frame: { id: 7, kind, revision, era: revision === '2026-07-28' ? 'modern' : 'legacy', plan: { class: className, units: 1 } },
  }) as never;
const deny = (reason: Reason, shown?: string): Deny => ({
  verdict: 'deny',
  reason,
  detail: '/srv/secret/path: stack',
  ...(shown === undefined ? {} : { shown }),
});

/** Only tools run as tasks. */
const OF_TOOLS: ReadonlySet<Reason> = new Set(['gateway.task_not_supported', 'gateway.task_required']);

describe('a refusal on the wire', () => {
  it.each([
    // revision, class, reason, HTTP status, where the text stands
    ['2025-03-26', 'call', 'policy.denied', 200, 'error', 40300],
    ['2025-06-18', 'call', 'policy.denied', 200, 'error', 40300],
    ['2025-11-25', 'call', 'policy.denied', 200, 'result', null],
    ['2026-07-28', 'call', 'policy.denied', 200, 'result', null],
    ['2025-06-18', 'call', 'registry.arguments_invalid', 200, 'error', -32602],
    ['2025-11-25', 'call', 'registry.arguments_invalid', 200, 'result', null],
    ['2025-11-25', 'call', 'gateway.unknown_tool', 200, 'error', -32602],
    ['2026-07-28', 'call', 'gateway.hidden_tool', 200, 'error', -32602],
    ['2025-11-25', 'list', 'policy.method_out_of_scope', 200, 'error', 40300],
    ['2026-07-28', 'list', 'policy.method_out_of_scope', 200, 'error', 40300],
    ['2025-11-25', 'list', 'protocol.unknown_method', 200, 'error', -32601],
    ['2026-07-28', 'list', 'protocol.unknown_method', 404, 'error', -32601],
    ['2026-07-28', 'call', 'protocol.header_mismatch', 400, 'error', -32020],
    ['2026-07-28', 'call', 'protocol.unsupported_version', 400, 'error', -32022],
    ['2025-11-25', 'call', 'gateway.rate_limited', 429, 'error', 42900],
    ['2025-11-25', 'call', 'audit.journal_poisoned', 503, 'error', 50300],
    ['2026-07-28', 'call', 'gateway.fault', 500, 'error', 50000],
  ] as const)('%s, %s, %s: HTTP %i in the %s', (revision, className, reason, status, where, code) => {
    const wire = refusalOf(exchangeOf(revision, className), deny(reason));
    const message = JSON.parse(wire.json);
    expect(wire.status).toBe(status);
    expect(message.id).toBe(7);
    if (where === 'result') expect(message.result).toMatchObject({ isError: true, content: [{ type: 'text' }] });
    else expect(message.error.code).toBe(code);
  });

  it.each([
    ['tool', 'this tool'],
    ['prompt', 'this prompt'],
    ['template', 'this resource template'],
    ['resource', 'this resource'],
  ] as const)('about a %s says %s, in every text that speaks of one', (kind, noun) => {
    const about = (reason: Reason): string => {
      const exchange = { ...exchangeOf('2025-11-25', kind === 'tool' ? 'call' : 'read'), target: { kind } } as never;
      return refusalOf(exchange, deny(reason)).json;
    };
    const spoken = (Object.keys(REPLIES) as Reason[]).filter(
      (reason) => REPLIES[reason].text.includes('this tool') && !OF_TOOLS.has(reason),
    );
    expect(spoken.length).toBeGreaterThan(8);
    for (const reason of spoken) expect(about(reason)).toContain(`${noun} `.trimEnd());
    if (kind !== 'tool') for (const reason of spoken) expect(about(reason)).not.toContain('tool');
  });

  it('of a hidden tool and of an unknown one differ in nothing but the reference', () => {
    for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']) {
      expect(refusalOf(exchangeOf(revision, 'call'), deny('gateway.hidden_tool', 'x'))).toEqual(
        refusalOf(exchangeOf(revision, 'call'), deny('gateway.unknown_tool', 'x')),
      );
    }
  });

  it.each(Object.keys(REPLIES) as Reason[])('of %s carries the reference and nothing of the detail', (reason) => {
    for (const revision of ['2025-03-26', '2025-11-25', '2026-07-28']) {
      const { json } = refusalOf(exchangeOf(revision, 'call'), deny(reason));
      expect(json).toContain('01JB0000000000000000000000');
      expect(json).not.toContain('secret');
    }
  });

  it.each([
    ['modern', ['2026-07-28']],
    ['legacy', ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26']],
  ] as const)('of an unknown version names what was asked for and what there is in the %s era', (era, supported) => {
    const of = { id: 7, era };
    const { status, json } = refusalOf({ id: 'REF' } as never, { ...deny('protocol.unsupported_version', '2099-01-01'), of });
    expect(status).toBe(400);
    expect(JSON.parse(json).error).toMatchObject({ code: -32022, data: { requested: '2099-01-01', supported } });
  });

  it('binds the codes that the stateless revision binds to a status, and no other', () => {
    expect([-32020, -32021, -32022, -32601, -32602, -32603, 7].map((code) => statusOfError({ era: 'modern' }, code))).toEqual([
      400, 400, 400, 404, 200, 200, 200,
    ]);
    expect([-32021, -32601].map((code) => statusOfError({ era: 'legacy' }, code))).toEqual([200, 200]);
  });

  it('uses codes of its own outside the range that JSON-RPC and MCP reserve', () => {
    const specified = new Set([-32700, -32600, -32601, -32602, -32002, -32020, -32021, -32022]);
    for (const row of Object.values(REPLIES)) expect(specified.has(row.code) || row.code > 0).toBe(true);
  });
});
