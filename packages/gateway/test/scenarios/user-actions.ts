import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { TestGateway } from './running-gateway.ts';
import { type Caller, call, modern, post, request } from './wire.ts';

/** One thing that a person or a program does, and the one event that has to tell of it. */
export interface UserAction {
  readonly name: string;
  readonly act: () => Promise<unknown>;
  /** `via`, what was done, to what, how it ended, as the event has them. */
  readonly event: string;
  /** Whose event it is: a client's, an administrator's, or of somebody who did not say. */
  readonly who: 'client' | 'admin' | 'nobody';
}

export interface Hands {
  readonly gateway: TestGateway;
  readonly caller: Caller;
  /** Sessions that are open already. */
  readonly legacy: Caller;
  readonly older: Caller;
  readonly client: { readonly principal: string };
  /** Answers that stay open while the list goes on. */
  readonly open: Response[];
}

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const cli = (data: string, ...args: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    execFile(process.execPath, [ENTRY, '--data', data, ...args], { timeout: 30_000 }, () => resolve()).stdin?.end();
  });

const row =
  (who: UserAction['who']) =>
  (name: string, event: string, act: UserAction['act']): UserAction => ({ name, act, event, who });

const client = row('client');
const nobody = row('nobody');
const admin = row('admin');

export const legacyActions = ({ caller, legacy, older, open }: Hands): readonly UserAction[] => {
  const hello = { capabilities: {}, clientInfo: { name: 'scenario', version: '1' } };
  const begin = (protocolVersion: string) => post(caller, request(1, 'initialize', { protocolVersion, ...hello }));
  return [
    client('begins a session', 'mcp initialize - ok -', () => begin('2025-11-25')),
    client('begins one of an older revision', 'mcp initialize - ok -', () => begin('2025-03-26')),
    client('lists tools', 'mcp tools/list - ok -', () => post(legacy, request(1, 'tools/list'))),
    client('sets the level of log messages', 'mcp logging/setLevel - ok -', () =>
      post(legacy, request(1, 'logging/setLevel', { level: 'info' })),
    ),
    client('reads', 'mcp tools/call local__echo ok -', () => call(legacy, 1, 'local__echo', { text: 'x' })),
    client('writes', 'mcp tools/call local__write_0 ok -', () => call(legacy, 1, 'local__write_0')),
    client('calls and hears of progress', 'mcp tools/call local__progress ok -', () =>
      call(legacy, 1, 'local__progress', { n: 3 }, { progressToken: 't' }),
    ),
    client('calls and takes it back', 'mcp tools/call local__slow refused gateway.cancelled', async () => {
      const slow = call(legacy, 'slow', 'local__slow', { n: 20_000 }).catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await post(legacy, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } });
      await Promise.race([slow, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }),
    client('calls with wrong arguments', 'mcp tools/call local__echo refused registry.arguments_invalid', () =>
      call(legacy, 1, 'local__echo', { text: 7 }),
    ),
    client('calls what it was not granted', 'mcp tools/call - refused gateway.hidden_tool', () => call(legacy, 1, 'local__destructive_0')),
    client('calls what is not there', 'mcp tools/call - refused gateway.unknown_tool', () => call(legacy, 1, 'local__nothing')),
    client('calls a method that is not there', 'mcp - - refused protocol.unknown_method', () => post(legacy, request(1, 'no/such'))),
    client('sends what is no JSON', 'mcp - - refused protocol.invalid_json', () => post(legacy, '{')),
    client('sends a batch', 'mcp - - refused protocol.batch_not_supported', () => post(legacy, [request(1, 'ping'), request(2, 'ping')])),
    client('listens', 'mcp GET - ok -', async () => {
      const headers = { ...legacy.headers, accept: 'text/event-stream', authorization: `Bearer ${legacy.key}` };
      open.push(await fetch(legacy.mcp, { headers }));
    }),
    client('ends a session', 'mcp DELETE - ok -', () => end(older)),
    client('ends it again', 'mcp - - refused protocol.session_unknown', () => end(older)),
  ];
};

const end = (caller: Caller): Promise<Response> =>
  fetch(caller.mcp, { method: 'DELETE', headers: { ...caller.headers, authorization: `Bearer ${caller.key}` } });

export const modernActions = ({ caller, open }: Hands): readonly UserAction[] => [
  client('asks what is here', 'mcp server/discover - ok -', () => modern(caller, 1, 'server/discover')),
  client('lists tools', 'mcp tools/list - ok -', () => modern(caller, 1, 'tools/list')),
  client('reads', 'mcp tools/call local__echo ok -', () =>
    modern(caller, 1, 'tools/call', { name: 'local__echo', arguments: { text: 'x' } }),
  ),
  client('calls with wrong arguments', 'mcp tools/call local__echo refused registry.arguments_invalid', () =>
    modern(caller, 1, 'tools/call', { name: 'local__echo', arguments: { text: 7 } }),
  ),
  client('calls what it was not granted', 'mcp tools/call - refused gateway.hidden_tool', () =>
    modern(caller, 1, 'tools/call', { name: 'local__destructive_0', arguments: {} }),
  ),
  client('says two things', 'mcp - - refused protocol.header_mismatch', () =>
    modern(caller, 1, 'tools/call', { name: 'local__echo', arguments: {} }, { 'mcp-name': 'local__write_0' }),
  ),
  client('speaks a revision that is not', 'mcp - - refused protocol.unsupported_version', () =>
    modern(caller, 1, 'tools/list', { _meta: { ...MODERN_META, [VERSION]: '2099-01-01' } }, { 'mcp-protocol-version': '2099-01-01' }),
  ),
  client('listens', 'mcp subscriptions/listen - ok -', async () => {
    const params = { notifications: { toolsListChanged: true }, _meta: MODERN_META };
    open.push(
      await fetch(caller.mcp, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${caller.key}`,
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'subscriptions/listen',
        },
        body: JSON.stringify(request(1, 'subscriptions/listen', params)),
      }),
    );
  }),
];

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const MODERN_META = { [VERSION]: '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

export const strangers = ({ caller, gateway }: Hands): readonly UserAction[] => {
  const api = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${gateway.running.adminUrl}/api/v1${path}`, { headers });
  return [
    nobody('comes without a key', 'mcp - - refused identity.credential_missing', () =>
      post(caller, request(1, 'ping'), { authorization: '' }),
    ),
    nobody('comes with what is no key', 'mcp - - refused identity.credential_malformed', () =>
      post(caller, request(1, 'ping'), { authorization: 'Bearer nothing' }),
    ),
    nobody('comes from a page of another site', 'mcp - - refused http.origin_not_allowed', () =>
      post(caller, request(1, 'ping'), { origin: 'https://evil.example' }),
    ),
    nobody('asks to administer', 'api identity.keys.listed - refused identity.credential_missing', () => api('/keys')),
    client('asks to administer with a key for calls', 'api identity.keys.listed - refused identity.role_required', () =>
      api('/keys', { authorization: `Bearer ${caller.key}` }),
    ),
  ];
};

/** What an administrator does, in an order in which each finds what it needs. */
export const adminActions = ({ gateway, client: { principal } }: Hands): readonly UserAction[] => {
  const made = { key: '', grant: '', ref: '' };
  const keep = (name: keyof typeof made, asked: ReturnType<TestGateway['admin']>, field = 'id') =>
    asked.then(({ body }) => {
      made[name] = String(body[field] ?? (body['items'] as readonly JsonObject[] | undefined)?.map(refOfRecord)[0]);
    });
  const newKey = { name: 'another', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] };
  const ask = gateway.admin;
  return [
    admin('makes a key', 'api identity.key.created KEY ok -', () => keep('key', ask('POST', '/keys', newKey))),
    admin('makes one of the same name', 'api identity.key.created - error identity.name_taken', () => ask('POST', '/keys', newKey)),
    admin('makes one that cannot be', 'api identity.key.created - refused admin.request_invalid', () => ask('POST', '/keys', {})),
    admin('lists keys', 'api identity.keys.listed - ok -', () => ask('GET', '/keys')),
    admin('rotates a key', 'api identity.key.rotated KEY ok -', () => ask('POST', `/keys/${made.key}/rotate`, {})),
    admin('revokes a key', 'api identity.key.revoked KEY ok -', () => ask('POST', `/keys/${made.key}/revoke`)),
    admin('asks a server what it offers', 'api registry.server.refreshed local ok -', () => ask('POST', '/servers/local/refresh')),
    admin('approves a tool', 'api registry.tool.approved local__read_1 ok -', () =>
      ask('POST', '/servers/local/approve', { tool: 'read_1', effect: 'write' }),
    ),
    admin('lists servers', 'api registry.servers.listed - ok -', () => ask('GET', '/servers')),
    admin('looks at a server', 'api registry.server.shown local ok -', () => ask('GET', '/servers/local')),
    admin('looks at one that is not there', 'api registry.server.shown none error registry.server_unknown', () =>
      ask('GET', '/servers/none'),
    ),
    admin('grants a tool', 'api policy.grant.added GRANT ok -', () =>
      keep('grant', ask('POST', '/grants', { principal, tool: 'local__destructive_0' })),
    ),
    admin('lists grants', 'api policy.grants.listed - ok -', () => ask('GET', '/grants')),
    admin('takes the grant away', 'api policy.grant.removed GRANT ok -', () => ask('DELETE', `/grants/${made.grant}`)),
    admin('reads the log', 'api audit.log.queried - ok -', () => keep('ref', ask('GET', '/log?limit=1'), 'none')),
    admin('shows a record', 'api audit.record.shown REF ok -', () => ask('GET', `/log/${made.ref}`)),
    admin('verifies the log', 'api audit.log.verified - ok -', () => ask('GET', '/log/verify')),
    admin('asks how things stand', 'api gateway.status.shown - ok -', () => ask('GET', '/status')),
    admin('removes a server', 'api registry.server.removed spare ok -', () => ask('DELETE', '/servers/spare')),
    admin('asks at the command line', 'api identity.keys.listed - ok -', () => cli(gateway.data, 'keys', 'list')),
  ];
};

const refOfRecord = (item: JsonObject): string => String((item['record'] as JsonObject)['id']);
