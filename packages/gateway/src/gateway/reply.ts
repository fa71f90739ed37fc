import type { Reason } from '../contracts/reasons/index.ts';

/**
 * How a reason reaches a client.
 * - `transport`: an HTTP status, with a JSON-RPC error as its body.
 * - `protocol`: a JSON-RPC error; the HTTP status is `http` in the modern era and for what is no request at all, else 200.
 * - `tool`: from 2025-11-25 on, a result of `tools/call` with `isError`, so that the model reads it; elsewhere a JSON-RPC error.
 * - `operator`: no client can cause it to be told; should one, it reads like a fault.
 */
export interface Row {
  readonly as: 'transport' | 'protocol' | 'tool' | 'operator';
  readonly http: number;
  /** Our own codes lie outside -32768 to -32000, as the specification asks of policy refusals. */
  readonly code: number;
  /** Where 2026-07-28 has another code for it. */
  readonly modernCode?: number;
  readonly text: string;
  /** Whether the text that the guard wrote for the client follows. Never what an attacker could probe with. */
  readonly shown?: true;
  /** Where that text begins with a quoted name, it goes on with the sentence. */
  readonly joined?: true;
}

const transport = (http: number, text: string): Row => ({ as: 'transport', http, code: http * 100, text });
const protocol = (code: number, http: number, text: string): Row => ({ as: 'protocol', http, code, text });
const tool = (code: number, text: string): Row => ({ as: 'tool', http: 200, code, text });
const operator = (): Row => ({ as: 'operator', http: 500, code: 50000, text: 'The gateway could not answer.' });
const shown = (row: Row): Row => ({ ...row, shown: true });

const UNKNOWN_TOOL = shown(protocol(-32602, 200, 'Unknown tool'));
const UNKNOWN_PROMPT = shown(protocol(-32602, 200, 'Unknown prompt'));
const UNKNOWN_TEMPLATE = shown(protocol(-32602, 200, 'Unknown resource template'));
/** MCP 2025-11-25 resources: -32002; from 2026-07-28 on: -32602. */
const UNKNOWN_RESOURCE: Row = { ...shown(protocol(-32002, 200, 'Resource not found')), modernCode: -32602 };
const UNKNOWN_SERVER = transport(404, 'There is nothing at this path.');
const UNAUTHENTICATED = transport(401, 'A valid API key is required: send it as Authorization: Bearer.');
const NOT_RECORDED = transport(503, 'The audit journal cannot be written, so nothing is called. Nothing was forwarded.');
const SERVER_FAILED = 'The server behind this tool did not answer properly.';

/** Reason to wire: one row each, and nothing else decides what a client reads. */
export const REPLIES = {
  'http.host_not_allowed': transport(403, 'This Host is not served here.'),
  'http.origin_not_allowed': transport(403, 'This Origin is not allowed.'),
  'http.method_not_allowed': transport(405, 'This HTTP method is not used here.'),
  'http.content_type_not_allowed': transport(415, 'Send the message as application/json.'),
  'http.accept_not_satisfiable': transport(406, 'Accept must allow application/json and text/event-stream.'),
  'http.content_encoding_not_allowed': transport(415, 'Send the message without a content encoding.'),
  'http.not_found': transport(404, 'There is nothing at this path.'),
  'http.body_too_large': transport(413, 'The message is larger than 10 MB (10485760 bytes).'),
  'http.body_too_slow': transport(408, 'The message did not arrive in time.'),
  'http.body_incomplete': transport(400, 'The message ended early.'),
  'http.address_invalid': operator(),
  'http.listen_failed': operator(),
  'http.url_invalid': operator(),
  'http.destination_not_allowed': operator(),

  'protocol.invalid_utf8': protocol(-32700, 400, 'The message is not valid UTF-8.'),
  'protocol.byte_order_mark': protocol(-32700, 400, 'The message begins with a byte order mark.'),
  'protocol.invalid_json': protocol(-32700, 400, 'The message is not valid JSON.'),
  'protocol.lone_surrogate': protocol(-32700, 400, 'The message holds half of a surrogate pair.'),
  'protocol.duplicate_key': protocol(-32600, 400, 'An object in the message names a key twice.'),
  'protocol.case_variant_key': protocol(-32600, 400, 'A key of the protocol is written in other letter case.'),
  'protocol.forbidden_key': protocol(-32600, 400, 'The message holds a key that is never accepted.'),
  'protocol.unsafe_number': protocol(-32600, 400, 'A number in the message would change when read; send it as a string.'),
  'protocol.too_deep': protocol(-32600, 400, 'The message is nested too deeply.'),
  'protocol.too_wide': protocol(-32600, 400, 'The message holds too many values.'),
  'protocol.reading_too_slow': transport(503, 'The message could not be read in time.'),
  'protocol.batch_not_supported': protocol(-32600, 400, 'Batches are not accepted in this revision; send one message a request.'),
  'protocol.invalid_batch': shown(protocol(-32600, 400, 'The batch is not accepted')),
  'protocol.invalid_message': shown(protocol(-32600, 400, 'The message is not a JSON-RPC 2.0 message of this protocol')),
  'protocol.invalid_id': protocol(-32600, 400, 'A request id must be a string or an integer.'),
  'protocol.id_in_use': protocol(-32600, 400, 'A request with this id is still being answered.'),
  'protocol.unknown_method': protocol(-32601, 404, 'Method not found'),
  'protocol.method_not_built': protocol(-32601, 404, 'Method not found'),
  'protocol.invalid_params': shown(protocol(-32602, 400, 'Invalid params')),
  'protocol.missing_meta': shown(protocol(-32602, 400, 'The request lacks what this revision asks for in _meta')),
  'protocol.unsupported_version': protocol(-32022, 400, 'Unsupported protocol version'),
  'protocol.header_mismatch': shown(protocol(-32020, 400, 'A header does not match the message')),
  'protocol.missing_capability': protocol(-32021, 400, 'The request needs a capability that the client did not declare.'),
  'protocol.session_required': protocol(-32600, 400, 'Mcp-Session-Id is required: begin with initialize.'),
  'protocol.session_unknown': { as: 'transport', http: 404, code: 40400, text: 'This session is not known: begin with initialize.' },
  'protocol.event_unknown': protocol(-32600, 400, 'The stream of this event is not known, or over: open one without Last-Event-ID.'),

  'protocol.asks_for_secret': tool(-32602, 'A form must not ask for a password, a key or the like: use a URL.'),
  'protocol.unsafe_url': tool(-32602, 'The server wanted to send a person to a URL that is not plain https; it was not passed on.'),
  'protocol.context_of_others': tool(-32602, 'The context of other servers is not given to a server.'),

  'identity.credential_missing': UNAUTHENTICATED,
  'identity.credential_in_url': transport(
    400,
    'A key must never stand in a URL. Consider it disclosed: revoke it and use the Authorization header.',
  ),
  'identity.credential_malformed': UNAUTHENTICATED,
  'identity.credential_unknown': UNAUTHENTICATED,
  'identity.credential_revoked': UNAUTHENTICATED,
  'identity.credential_expired': UNAUTHENTICATED,
  'identity.address_not_allowed': UNAUTHENTICATED,
  'identity.owner_missing': UNAUTHENTICATED,
  'identity.unavailable': transport(503, 'Keys cannot be checked at the moment.'),
  'identity.scope_too_broad': operator(),
  'identity.expiry_too_late': operator(),
  'identity.name_taken': operator(),
  'identity.tenant_taken': operator(),
  'identity.key_unknown': operator(),
  'identity.invalid_request': operator(),
  'identity.role_required': operator(),
  'identity.kept_key_damaged': operator(),
  'identity.kept_key_permissions': operator(),

  'policy.denied': shown(tool(40300, 'Refused by policy.')),
  'policy.out_of_scope': UNKNOWN_TOOL,
  'policy.method_out_of_scope': protocol(40300, 200, 'This key may not use this method.'),
  'policy.invalid': operator(),
  'policy.fault': tool(40300, 'Refused: the policy could not be evaluated.'),
  'policy.arguments_denied': { ...shown(tool(40300, 'Refused by policy')), joined: true },
  'policy.argument_not_comparable': shown(tool(40300, 'Refused: a policy compares an argument that cannot be compared as it is written')),
  'policy.unknown': operator(),
  'policy.id_taken': operator(),
  'policy.owned_by_file': operator(),
  'policy.too_many': operator(),
  'policy.tests_failed': operator(),
  'policy.grant_unknown': operator(),

  'registry.arguments_invalid': shown(tool(-32602, 'The arguments do not fit this tool')),
  'registry.result_invalid': tool(
    50200,
    'The server answered with something that does not fit what this tool promises; it was not passed on.',
  ),
  'registry.validation_too_slow': tool(40300, 'Refused: the arguments could not be checked in time.'),
  'registry.server_unknown': operator(),
  'registry.server_taken': operator(),
  'registry.server_invalid': operator(),
  'registry.tool_unknown': operator(),
  'registry.tool.schema_dialect': operator(),
  'registry.tool.schema_too_large': operator(),
  'registry.tool.schema_invalid': operator(),
  'registry.tool.schema_too_slow': operator(),
  'registry.tool.definition_invalid': operator(),
  'registry.tool.too_many': operator(),

  'gateway.rate_limited': transport(429, 'Too many requests: wait as Retry-After says.'),
  'gateway.address_rate_limited': transport(429, 'Too many requests from this address: wait as Retry-After says.'),
  'gateway.calls_rate_limited': shown(tool(42903, 'Too many requests within a minute.')),
  'gateway.too_many_calls': shown(tool(42904, 'Too many requests at once.')),
  'gateway.too_many_connections': transport(503, 'Too many connections.'),
  'gateway.too_many_in_flight': transport(429, 'Too many requests are being answered for this key.'),
  'gateway.too_many_sessions': transport(429, 'Too many sessions are open for this key: end one.'),
  'gateway.too_many_streams': transport(429, 'Too many streams are open for this key: close one.'),
  'gateway.too_many_subscriptions': protocol(42900, 200, 'Too many resources are subscribed to in this session: unsubscribe from one.'),
  'gateway.unknown_tool': UNKNOWN_TOOL,
  'gateway.hidden_tool': UNKNOWN_TOOL,
  'gateway.drifted_tool': UNKNOWN_TOOL,
  'gateway.unknown_prompt': UNKNOWN_PROMPT,
  'gateway.hidden_prompt': UNKNOWN_PROMPT,
  'gateway.drifted_prompt': UNKNOWN_PROMPT,
  'gateway.unknown_template': UNKNOWN_TEMPLATE,
  'gateway.hidden_template': UNKNOWN_TEMPLATE,
  'gateway.drifted_template': UNKNOWN_TEMPLATE,
  'gateway.unknown_resource': UNKNOWN_RESOURCE,
  'gateway.hidden_resource': UNKNOWN_RESOURCE,
  'gateway.drifted_resource': UNKNOWN_RESOURCE,
  'gateway.unknown_server': UNKNOWN_SERVER,
  'gateway.hidden_server': UNKNOWN_SERVER,
  'gateway.draining': transport(503, 'The gateway is stopping.'),
  'gateway.fault': transport(500, 'The gateway could not answer. Whether a server acted is not known.'),
  'gateway.held': shown(tool(40301, 'Held: somebody has to decide first.')),
  'gateway.hold_unknown': tool(40302, 'What was held is not known, was used, or does not match this call.'),
  'gateway.circuit_open': tool(
    50300,
    'The server failed several times in a row and is left alone for a moment: try again as Retry-After says.',
  ),
  'gateway.upstream_busy': tool(50301, 'Too many servers are running for this key: try again later.'),
  'gateway.upstream_unavailable': tool(50300, 'The server behind this tool cannot be reached.'),
  'gateway.upstream_start_failed': tool(50300, 'The server behind this tool did not start.'),
  'gateway.program_not_allowed': tool(50300, 'The server behind this tool did not start.'),
  'gateway.upstream_timeout': tool(50400, 'The server behind this tool did not answer in time. Whether it acted is not known.'),
  'gateway.upstream_closed': tool(50200, 'The server behind this tool ended during the call. Whether it acted is not known.'),
  'gateway.upstream_garbage': tool(50200, SERVER_FAILED),
  'gateway.upstream_too_large': tool(50200, 'The answer of the server is larger than 10 MB.'),
  'gateway.upstream_era': tool(50200, 'The server behind this tool does not speak this revision of the protocol.'),
  'gateway.other_era': protocol(-32022, 400, 'Unsupported protocol version: the server behind this endpoint speaks others.'),
  'gateway.upstream_authentication': tool(50200, 'The server behind this tool refused the credentials of the gateway.'),
  'gateway.cancelled': protocol(49900, 200, 'Cancelled'),
  'gateway.ask_not_offered': protocol(-32601, 404, 'Method not found: this client did not offer it.'),
  'gateway.too_many_asks': protocol(42900, 200, 'Too many requests to this client: wait for its answers, or for a minute.'),
  'gateway.ask_timeout': protocol(50400, 200, 'The client did not answer in time.'),
  'gateway.client_gone': protocol(49900, 200, 'The client cannot be asked any more.'),
  'gateway.round_unknown': protocol(
    -32602,
    200,
    'The requestState is not known, too old, or was given for another request: begin without it.',
  ),
  'gateway.unknown_task': protocol(-32602, 200, 'Unknown task'),
  'gateway.task_lost': protocol(
    50200,
    200,
    'What ran this task has ended, or runs at another gateway. Whether it acted is not known: begin it again, or ask the gateway that began it.',
  ),
  'gateway.too_many_tasks': tool(42902, 'Too many tasks are under way for this key: wait for some, or cancel them.'),
  'gateway.task_not_supported': protocol(-32601, 200, 'This tool does not run as a task: call it without.'),
  'gateway.task_required': protocol(-32601, 200, 'This tool runs as a task only: call it with one.'),
  'gateway.too_many_rounds': tool(42901, 'The server has asked for input too many times in one call.'),
  'gateway.answer_invalid': protocol(
    50200,
    200,
    'The client answered with something that does not fit what was asked; it was not passed on.',
  ),

  'audit.journal_unavailable': NOT_RECORDED,
  'audit.journal_poisoned': NOT_RECORDED,
  'audit.backlog_full': NOT_RECORDED,
  'audit.outcome_unknown': transport(
    503,
    'The call was forwarded, but its outcome could not be recorded, so the answer is withheld. Whether it acted is not known.',
  ),
  'audit.record_too_large': transport(413, 'The message is too large to be recorded, so it was not forwarded.'),
  'audit.journal_damaged': operator(),
  'audit.record_unknown': operator(),

  'config.not_built': operator(),
  'config.weaker_than_guide': operator(),
  'config.invalid': operator(),
  'config.deviation_expired': operator(),
  'config.no_deviation_possible': operator(),
  'config.unreadable': operator(),
  'config.literal_secret': operator(),
  'config.secret_unavailable': operator(),
  'config.owned_by_file': operator(),
  'config.version_unknown': operator(),
  'config.history_damaged': operator(),
  'config.changed_outside': operator(),
  'config.not_revertible': operator(),

  'storage.data_in_use': operator(),
  'storage.damaged': operator(),
  'storage.wrong_key': operator(),
  'storage.rolled_back': operator(),
  'storage.value_invalid': protocol(-32602, 400, 'A text holds the character NUL, which is not stored.'),
  'storage.newer_version': operator(),
  'storage.unavailable': transport(503, 'The state of the gateway cannot be read at the moment.'),
  'storage.permissions': operator(),
  'storage.connection_invalid': operator(),
  'storage.not_durable': operator(),

  'vault.key_file_missing': operator(),
  'vault.key_file_damaged': operator(),
  'vault.key_file_permissions': operator(),
  'vault.key_unknown': operator(),
  'vault.envelope_damaged': operator(),

  'admin.body_not_allowed': operator(),
  'admin.fault': operator(),
  'admin.key_for_methods': operator(),
  'admin.operator_only': operator(),
  'admin.tenant_unknown': operator(),
  'admin.request_invalid': operator(),
  'admin.route_unknown': operator(),
  'admin.scope_too_narrow': operator(),
  'admin.too_many_attempts': operator(),
  'admin.too_many_streams': operator(),
  'audit.log_unknown': operator(),
  'audit.record_malformed': operator(),
  'policy.grant_taken': operator(),
  'policy.too_many_grants': operator(),
  'registry.too_many_servers': operator(),
  'registry.tool.digest_differs': operator(),
  'storage.conflict': operator(),
  'vault.key_file_unavailable': operator(),
} satisfies Record<Reason, Row>;
