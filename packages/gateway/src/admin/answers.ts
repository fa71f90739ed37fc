import type { Reason } from '../contracts/reasons/index.ts';

/** How a reason is told to an administrator. `shown`: the failure's detail is our own text about the request's own input, and follows. */
export interface Telling {
  readonly status: number;
  readonly text: string;
  readonly shown?: true;
}

const tell = (status: number, text: string): Telling => ({ status, text });
const shown = (status: number, text: string): Telling => ({ status, text, shown: true });

const UNAUTHENTICATED = tell(401, 'A valid API key is required: send it as Authorization: Bearer.');

const FAULT = tell(500, 'The gateway could not do this. The ref finds what happened in its own log.');
/** What the strict rules refuse in a body is the sender's to mend, whichever rule it was: the reason names it. */
const UNREADABLE = tell(
  400,
  'The body is not JSON as it is read here: UTF-8, no duplicate keys, no number that would change, not too deep or wide.',
);
/** The change is in storage by then, and the state that follows from it was refused. */
const NOT_IN_FORCE = tell(
  500,
  'This was stored, but what follows from it cannot be put in force: the state before it stays. The ref finds why in the log of the gateway.',
);
/** The detail has a line for each mistake of the file. */
const MISTAKES = shown(409, 'The configuration is not right, so the one before stays in force');
const UNOPENED = tell(
  500,
  'A sealed payload cannot be opened: it is damaged, or the key that sealed it is not there. Read the log without payloads meanwhile.',
);
const STORE_BROKEN = tell(500, 'The store cannot be read as it is. `sallyport serve` says what is wrong with it when it starts.');
/** No door that is used here gives it. It has a row so that whoever makes one give it finds it here, and says what it means. */
const NOT_GIVEN_HERE = FAULT;

/** Reason to answer. Whoever adds a reason anywhere decides here how an administrator reads it: without a row this does not compile. */
const TELLINGS = {
  'admin.request_invalid': tell(400, 'The request is not what this verb takes. See fields.'),
  'admin.route_unknown': tell(404, 'There is nothing at this path, or it does not take this method.'),
  'admin.too_many_attempts': tell(429, 'Too many failed attempts from here. Wait, then try again with a valid key.'),
  'admin.too_many_streams': tell(429, 'As many followers of the log as there may be are connected. End one of them.'),
  'admin.body_not_allowed': tell(400, 'This verb takes no body.'),
  'admin.scope_too_narrow': shown(403, 'The scopes of this key do not cover what this touches. It takes a key for'),
  'admin.key_for_methods': tell(
    403,
    'This key has a list of MCP methods: it is for calls only and administers nothing. Use a key without such a list.',
  ),
  'admin.operator_only': tell(403, 'This is for the operator of the gateway: its file, its figures, its programs and its tenants.'),
  'admin.tenant_unknown': tell(404, 'There is no such tenant. `sallyport tenants list` shows those there are.'),
  'admin.fault': FAULT,

  'identity.credential_missing': UNAUTHENTICATED,
  'identity.credential_in_url': tell(
    401,
    'A key in a URL ends up in logs and is never accepted: send it as Authorization: Bearer. Rotate this one.',
  ),
  'identity.credential_malformed': UNAUTHENTICATED,
  'identity.credential_unknown': UNAUTHENTICATED,
  'identity.credential_revoked': tell(401, 'A valid API key is required, or the key that was to be renewed was revoked.'),
  'identity.credential_expired': tell(401, 'A valid API key is required, or the key that was to be renewed has ended.'),
  'identity.address_not_allowed': UNAUTHENTICATED,
  'identity.owner_missing': UNAUTHENTICATED,
  'identity.role_required': tell(
    403,
    'The roles of this key do not allow this. Use a key of an administrator, or for reading one of an auditor.',
  ),
  'identity.scope_too_broad': tell(403, 'A key cannot make a key that may do more than itself.'),
  'identity.expiry_too_late': tell(400, 'The key would live longer than it may: 30 days, or less where the configuration says so.'),
  'identity.name_taken': tell(409, 'There is a key of that name. Choose another, or rotate the one that is there.'),
  'identity.tenant_taken': tell(409, 'There is a tenant of that id. Choose another.'),
  'identity.key_unknown': tell(404, 'There is no such key. `sallyport keys list` shows those there are.'),
  'identity.invalid_request': shown(400, 'The key cannot be made like this'),
  'identity.unavailable': tell(503, 'The keys cannot be read now. Nothing was changed; try again.'),
  'identity.kept_key_damaged': NOT_GIVEN_HERE,
  'identity.kept_key_permissions': NOT_GIVEN_HERE,

  'policy.invalid': shown(400, 'It is not valid, and nothing was changed'),
  'policy.grant_unknown': tell(404, 'There is no such grant. `sallyport grants list` shows those there are.'),
  'policy.grant_taken': tell(409, 'This principal has a grant for this tool already.'),
  'policy.too_many_grants': tell(409, 'There are as many grants as there may be. Remove one that is not needed.'),
  'policy.unknown': tell(404, 'There is no such policy. `sallyport policies list` shows those there are.'),
  'policy.tests_failed': shown(409, 'Tests of the policies do not hold, and nothing was changed'),
  'policy.id_taken': shown(409, 'There is a policy of this id; add it with --replace, or remove that one first'),
  'policy.owned_by_file': shown(409, 'A file of the configuration owns this policy: change it there'),
  'policy.too_many': tell(409, 'There are as many policies as there may be. Remove one that is not needed.'),
  'policy.arguments_denied': NOT_GIVEN_HERE,
  'policy.argument_not_comparable': NOT_GIVEN_HERE,
  'policy.fault': NOT_IN_FORCE,
  'policy.denied': NOT_GIVEN_HERE,
  'policy.out_of_scope': NOT_GIVEN_HERE,
  'policy.method_out_of_scope': NOT_GIVEN_HERE,

  'config.invalid': MISTAKES,
  'config.not_built': MISTAKES,
  'config.weaker_than_guide': MISTAKES,
  'config.deviation_expired': MISTAKES,
  'config.no_deviation_possible': MISTAKES,
  'config.unreadable': MISTAKES,
  'config.literal_secret': MISTAKES,
  'config.secret_unavailable': MISTAKES,
  'config.version_unknown': tell(404, 'There is no such version. `sallyport config history` shows those there are.'),
  'config.history_damaged': shown(409, 'The history of the configuration is not as it was stored'),
  'config.changed_outside': shown(
    409,
    'The state was changed in the database and not through this gateway, so nothing more is put in force. Look, then `sallyport config accept` or restore a backup. Changed',
  ),
  'config.not_revertible': shown(409, 'This version cannot be had again as it was'),
  'config.owned_by_file': shown(409, 'The configuration file names this, so it is changed there and nowhere else'),

  'registry.server_unknown': tell(404, 'There is no such server. `sallyport servers list` shows those there are.'),
  'registry.server_taken': tell(409, 'There is a server of that id. Choose another id, or remove that one first.'),
  'registry.server_invalid': shown(400, 'The server cannot be registered like this'),
  'registry.too_many_servers': tell(409, 'There are as many servers as there may be. Remove one that is not needed.'),
  'registry.tool_unknown': tell(404, 'That server has no such tool. `sallyport servers show ID` lists its tools.'),
  'registry.tool.digest_differs': tell(
    409,
    'The tool has changed since it was looked at. Look again with `sallyport servers show ID`, then approve what is there now.',
  ),
  'registry.tool.too_many': tell(409, 'The server lists more tools than are taken from one server.'),
  'registry.tool.schema_dialect': tell(
    409,
    'The tool is quarantined: its schema is in a dialect that is not supported. It cannot be approved as it is.',
  ),
  'registry.tool.schema_too_large': tell(
    409,
    'The tool is quarantined: its schema is too large or too deep. It cannot be approved as it is.',
  ),
  'registry.tool.schema_invalid': tell(409, 'The tool is quarantined: its schema is not valid. It cannot be approved as it is.'),
  'registry.tool.schema_too_slow': tell(
    409,
    'The tool is quarantined: its schema takes too long to compile. It cannot be approved as it is.',
  ),
  'registry.tool.definition_invalid': tell(409, 'The tool is quarantined: its definition is not valid. It cannot be approved as it is.'),
  'registry.arguments_invalid': NOT_GIVEN_HERE,
  'registry.result_invalid': NOT_GIVEN_HERE,
  'registry.validation_too_slow': NOT_GIVEN_HERE,

  'audit.journal_unavailable': tell(
    503,
    'The audit journal cannot be written, so nothing is done. Free disk space, mend the data directory and start again, or see to PostgreSQL.',
  ),
  'audit.journal_poisoned': tell(
    503,
    'A write of the audit journal failed, so nothing is done until a restart. Look at the disk of the data directory first.',
  ),
  'audit.journal_damaged': tell(503, 'The audit journal is damaged. `sallyport log verify` says where.'),
  'audit.backlog_full': tell(503, 'More is waiting to be recorded than may wait. Try again.'),
  'audit.record_unknown': tell(404, 'The log holds nothing under that ref.'),
  'audit.log_unknown': tell(404, 'There is no such log.'),
  'audit.record_too_large': tell(413, 'The request is larger than one record may be.'),
  'audit.record_malformed': FAULT,
  'audit.outcome_unknown': NOT_GIVEN_HERE,

  'vault.envelope_damaged': UNOPENED,
  'vault.key_unknown': UNOPENED,
  'vault.key_file_missing': NOT_GIVEN_HERE,
  'vault.key_file_damaged': NOT_GIVEN_HERE,
  'vault.key_file_permissions': NOT_GIVEN_HERE,
  'vault.key_file_unavailable': NOT_GIVEN_HERE,

  'storage.unavailable': tell(503, 'The store cannot be reached now. Try again; if it stays so, look at the disk of the data directory.'),
  'storage.conflict': tell(409, 'Somebody else changed this at the same time. Look again, then repeat.'),
  'storage.damaged': STORE_BROKEN,
  'storage.wrong_key': STORE_BROKEN,
  'storage.rolled_back': STORE_BROKEN,
  'storage.value_invalid': tell(400, 'A text holds the character NUL, which is not stored.'),
  'storage.newer_version': STORE_BROKEN,
  'storage.permissions': STORE_BROKEN,
  'storage.connection_invalid': STORE_BROKEN,
  'storage.not_durable': STORE_BROKEN,
  'storage.data_in_use': STORE_BROKEN,

  'http.host_not_allowed': tell(403, 'This Host is not served here.'),
  'http.origin_not_allowed': tell(403, 'This Origin is not allowed.'),
  'http.content_type_not_allowed': tell(415, 'Send the body as application/json.'),
  'http.content_encoding_not_allowed': tell(415, 'Send the body without a content encoding.'),
  'http.body_too_large': tell(413, 'The body is larger than 1 MB (1048576 bytes).'),
  'http.body_too_slow': tell(408, 'The body did not arrive in time.'),
  'http.body_incomplete': tell(400, 'The body ended early.'),
  'http.method_not_allowed': NOT_GIVEN_HERE,
  'http.accept_not_satisfiable': NOT_GIVEN_HERE,
  'http.not_found': NOT_GIVEN_HERE,
  'http.address_invalid': NOT_GIVEN_HERE,
  'http.listen_failed': NOT_GIVEN_HERE,
  'http.url_invalid': NOT_GIVEN_HERE,
  'http.destination_not_allowed': NOT_GIVEN_HERE,

  'protocol.invalid_utf8': UNREADABLE,
  'protocol.byte_order_mark': UNREADABLE,
  'protocol.invalid_json': UNREADABLE,
  'protocol.lone_surrogate': UNREADABLE,
  'protocol.duplicate_key': UNREADABLE,
  'protocol.case_variant_key': UNREADABLE,
  'protocol.forbidden_key': UNREADABLE,
  'protocol.unsafe_number': UNREADABLE,
  'protocol.too_deep': UNREADABLE,
  'protocol.too_wide': UNREADABLE,
  'protocol.reading_too_slow': NOT_GIVEN_HERE,
  'protocol.batch_not_supported': NOT_GIVEN_HERE,
  'protocol.invalid_batch': NOT_GIVEN_HERE,
  'protocol.invalid_message': NOT_GIVEN_HERE,
  'protocol.invalid_id': NOT_GIVEN_HERE,
  'protocol.id_in_use': NOT_GIVEN_HERE,
  'protocol.unknown_method': NOT_GIVEN_HERE,
  'protocol.method_not_built': NOT_GIVEN_HERE,
  'protocol.invalid_params': NOT_GIVEN_HERE,
  'protocol.missing_meta': NOT_GIVEN_HERE,
  'protocol.unsupported_version': NOT_GIVEN_HERE,
  'protocol.header_mismatch': NOT_GIVEN_HERE,
  'protocol.missing_capability': NOT_GIVEN_HERE,
  'protocol.session_required': NOT_GIVEN_HERE,
  'protocol.session_unknown': NOT_GIVEN_HERE,
  'protocol.asks_for_secret': NOT_GIVEN_HERE,
  'protocol.unsafe_url': NOT_GIVEN_HERE,
  'protocol.context_of_others': NOT_GIVEN_HERE,
  'protocol.event_unknown': NOT_GIVEN_HERE,

  'gateway.upstream_start_failed': tell(
    502,
    'The server did not start. Try its command by hand, with only PATH, HOME, LANG and the variables that were registered.',
  ),
  'gateway.program_not_allowed': shown(
    403,
    'This may not be started: list the program with what it may be given under programs in sallyport.yaml, or name the server there. A shell is never started',
  ),
  'gateway.upstream_unavailable': tell(502, 'The server cannot be reached. Check its URL, and that it runs.'),
  'gateway.upstream_timeout': tell(504, 'The server did not answer in time.'),
  'gateway.upstream_closed': tell(502, 'The server ended before it had answered.'),
  'gateway.upstream_garbage': tell(502, 'What answered there does not speak MCP.'),
  'gateway.upstream_too_large': tell(502, 'The server answered more than is taken.'),
  'gateway.upstream_era': tell(502, 'The server speaks no revision of MCP that is spoken here: 2025-03-26 to 2026-07-28.'),
  'gateway.upstream_authentication': tell(502, 'The server refused the credentials that were registered for it.'),
  'gateway.upstream_busy': tell(503, 'As many servers as there may be are running. Try again.'),
  'gateway.cancelled': tell(503, 'Asking the server was given up before it had answered. Try again.'),
  'gateway.draining': tell(503, 'The gateway is stopping.'),
  'gateway.fault': FAULT,
  'gateway.rate_limited': NOT_GIVEN_HERE,
  'gateway.address_rate_limited': NOT_GIVEN_HERE,
  'gateway.too_many_connections': NOT_GIVEN_HERE,
  'gateway.too_many_in_flight': NOT_GIVEN_HERE,
  'gateway.too_many_sessions': NOT_GIVEN_HERE,
  'gateway.too_many_streams': NOT_GIVEN_HERE,
  'gateway.unknown_tool': NOT_GIVEN_HERE,
  'gateway.hidden_tool': NOT_GIVEN_HERE,
  'gateway.drifted_tool': NOT_GIVEN_HERE,
  'gateway.unknown_prompt': NOT_GIVEN_HERE,
  'gateway.hidden_prompt': NOT_GIVEN_HERE,
  'gateway.too_many_subscriptions': NOT_GIVEN_HERE,
  'gateway.circuit_open': NOT_GIVEN_HERE,
  'gateway.calls_rate_limited': NOT_GIVEN_HERE,
  'gateway.too_many_calls': NOT_GIVEN_HERE,
  'gateway.drifted_prompt': NOT_GIVEN_HERE,
  'gateway.unknown_template': NOT_GIVEN_HERE,
  'gateway.hidden_template': NOT_GIVEN_HERE,
  'gateway.drifted_template': NOT_GIVEN_HERE,
  'gateway.unknown_resource': NOT_GIVEN_HERE,
  'gateway.hidden_resource': NOT_GIVEN_HERE,
  'gateway.drifted_resource': NOT_GIVEN_HERE,
  'gateway.unknown_server': NOT_GIVEN_HERE,
  'gateway.hidden_server': NOT_GIVEN_HERE,
  'gateway.held': NOT_GIVEN_HERE,
  'gateway.hold_unknown': NOT_GIVEN_HERE,
  'gateway.ask_not_offered': NOT_GIVEN_HERE,
  'gateway.too_many_asks': NOT_GIVEN_HERE,
  'gateway.ask_timeout': NOT_GIVEN_HERE,
  'gateway.client_gone': NOT_GIVEN_HERE,
  'gateway.answer_invalid': NOT_GIVEN_HERE,
  'gateway.round_unknown': NOT_GIVEN_HERE,
  'gateway.too_many_rounds': NOT_GIVEN_HERE,
  'gateway.unknown_task': NOT_GIVEN_HERE,
  'gateway.task_lost': NOT_GIVEN_HERE,
  'gateway.too_many_tasks': NOT_GIVEN_HERE,
  'gateway.task_not_supported': NOT_GIVEN_HERE,
  'gateway.task_required': NOT_GIVEN_HERE,
  'gateway.other_era': NOT_GIVEN_HERE,
} satisfies Readonly<Record<Reason, Telling>>;

export const tellingOf = (reason: Reason): Telling => TELLINGS[reason];
