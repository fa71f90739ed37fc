/** Everything that the gateway records of itself, by the name that the record carries. What is not here is not recorded: it does not compile. */
export const SYSTEM_EVENTS = {
  'gateway.started': 'The gateway started; the record before it says that the log was opened in a new epoch.',
  'gateway.stopped': 'It stopped in order: what was under way was answered, and this was written before the rooms were closed.',
  'gateway.stopped_uncleanly':
    'Found at a start: the run before it ended without `gateway.stopped` (killed, crashed, power lost). Says when that run began.',
  'gateway.clock_jumped': 'The wall clock moved against the monotonic one by more than two seconds. Says by how many milliseconds.',
  'gateway.error': 'Something failed inside that nobody asked for by name. The object is the event as the lines for operators have it.',
  'gateway.upstream.ready': 'A server that had no session has one.',
  'gateway.upstream.idle': 'A server has no session any more; the next call starts one.',
  'gateway.upstream.failing': 'A server cannot be reached or started; calls to it are refused at once until it is tried again.',
  'vault.unsealed': 'The keys were read, or made at a first run, and the state and the log were opened with them.',
  'vault.sealed': 'The keys are about to be overwritten in memory: nothing can be opened until the next start.',
  'storage.migrated': 'Tables were changed to the form that this version knows. The object is the room, the payload says how many steps.',
  'storage.lost': 'The store ended by itself while the gateway ran. The process stops.',
  'storage.rollback_accepted':
    'State or journal are older than what this gateway had seen of them, and were taken as they are because the operator said so.',
  'audit.journal.recovered':
    'Records become durable again after a time in which they did not. Says since when, why, and how many were refused.',
  'config.snapshot.applied': 'A state was put in force at the start, by its digest, with the settings that are weaker than the guide.',
  'config.version.applied':
    'A version of the configuration was applied, with its digest, who changed it and what differs from the one before.',
  'config.rolled_back':
    'A changed file was taken back, since calls failed or were denied that were not before; the configuration before it is in force again.',
  'config.revert.undone': 'A revert was cut off by a crash while it wrote files. They are again what they were before it.',
  'config.reload.refused': 'A changed configuration is not right; the one before stays in force.',
  'config.changed_outside': 'What is stored is not what was applied last: somebody changed it past the gateway.',
  'identity.key.created': 'A kept key was made: the first administrator, or the client of the demo.',
  'identity.key.rotated': 'A kept key was replaced before its end.',
  'identity.key.replaced': 'A kept key that no longer worked was replaced.',
  'identity.key.expiring': 'A key ends in 7, 3 or 1 days.',
  'identity.key.disclosed': 'A key that works was seen where others can read it, such as in a URL.',
  'identity.account.changed':
    'A key of an account is about to be made what the configuration file says now. Says what it was and what it is.',
  'identity.account.ended': 'A key is about to be revoked, since the configuration file does not name its account any more.',
  'identity.tenant.key_made':
    'The operator of the gateway is about to make a key of this tenant. Says which principal of the default tenant it is.',
  'registry.tenant.server_made': 'The operator of the gateway is about to register a server of this tenant.',
  'registry.server.registered': 'A server that the demo or the file names was registered.',
} as const satisfies Readonly<Record<string, string>>;

export type SystemEvent = keyof typeof SYSTEM_EVENTS;
