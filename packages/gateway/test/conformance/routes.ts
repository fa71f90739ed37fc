import * as official from '@modelcontextprotocol/core';
import type { JsonObject } from '../../src/contracts/json.ts';
import { REVISIONS as ALL, METHODS } from '../../src/protocol/index.ts';
import type { TestGateway } from '../scenarios/running-gateway.ts';
import { BOTH, type Caller, request, session } from '../scenarios/wire.ts';

type Revision = (typeof ALL)[number];

/** Oldest first. */
export const REVISIONS: readonly Revision[] = [...ALL].sort();

const UNKNOWN_METHOD = -32601;
/** A ping is answered without a record (DESIGN section 4, "Records"). */
const UNRECORDED: ReadonlySet<string> = new Set(['ping']);
const STRANGE = ['tools/Call', 'tools/call/', 'rpc.discover', 'admin/keys', 'toString', '__proto__', 'constructor'];

/** The method that an official schema of a message names. */
function methodOf(schema: unknown): readonly string[] {
  const named = (schema as { readonly shape?: { readonly method?: { readonly value?: unknown } } }).shape?.method?.value;
  return typeof named === 'string' ? [named] : [];
}

/** Every method that the official schemas or our own table name in either direction, and some that nobody does. */
export const UNIVERSE: readonly string[] = [
  ...new Set([
    ...Object.keys(METHODS.client),
    ...Object.keys(METHODS.server),
    ...Object.entries(official).flatMap(([name, schema]) => (name.endsWith('Schema') ? methodOf(schema) : [])),
    ...STRANGE,
  ]),
].sort();

export interface Routes {
  /** Requests that are answered as anything but an unknown method, in the order of `UNIVERSE`. */
  readonly taken: readonly string[];
  /** Requests that left no record. */
  readonly unrecorded: readonly string[];
}

/** Asks a running gateway for every method there is, in one revision. */
export async function routesOf(caller: Caller, revision: Revision, gateway: TestGateway): Promise<Routes> {
  const inside = revision === '2026-07-28' ? caller : await session(caller, revision);
  const taken: string[] = [];
  const unrecorded: string[] = [];
  for (const method of UNIVERSE) {
    const before = await newest(gateway);
    if (!(await isUnknown(inside, revision, method))) taken.push(method);
    if (!UNRECORDED.has(method) && (await newest(gateway)) === before) unrecorded.push(method);
  }
  return { taken, unrecorded };
}

async function newest(gateway: TestGateway): Promise<unknown> {
  const page = await gateway.admin('GET', '/log?limit=1');
  return (page.body['items'] as readonly JsonObject[])[0]?.['index'];
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  'io.modelcontextprotocol/clientInfo': { name: 'routes', version: '1' },
};

async function isUnknown({ mcp, key, headers }: Caller, revision: Revision, method: string): Promise<boolean> {
  const modern = revision === '2026-07-28';
  const leave = new AbortController();
  const response = await fetch(mcp, {
    method: 'POST',
    signal: leave.signal,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: BOTH,
      ...headers,
      ...(modern ? { 'mcp-protocol-version': revision, 'mcp-method': method } : {}),
    },
    body: JSON.stringify(request('route', method, modern ? { _meta: META } : {})),
  });
  try {
    // A listen stream has no end: its beginning says enough.
    if (response.headers.get('content-type') === 'text/event-stream') return false;
    const { error } = JSON.parse(await response.text()) as { readonly error?: { readonly code: number } };
    return error?.code === UNKNOWN_METHOD;
  } finally {
    leave.abort();
  }
}
