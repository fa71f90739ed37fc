import type { KeyId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Gateway } from '../gateway/index.ts';
import { Notices, watchTables } from '../storage/index.ts';
import type { applier } from './apply.ts';
import type { Rooms } from './rooms.ts';

/** Changes that come together are applied together. */
const GATHER_MS = 20;
/** A state that could not be read or applied is tried again. */
const RETRY_MS = 1000;

export interface Following {
  close(): Promise<void>;
}

interface Parts {
  readonly rooms: Rooms;
  readonly gateway: Gateway;
  readonly apply: ReturnType<typeof applier>;
  readonly log: Logger;
}

/**
 * Where gateways share a database, what one of them changes holds on the others at once: keys are looked up anew, and what calls are judged by is
 * built anew. While nothing is heard, no verdict about a key is remembered.
 */
export async function followChanges(parts: Parts): Promise<Result<Following, Reason>> {
  const { rooms, log } = parts;
  const { postgres } = rooms.storage;
  if (postgres === null) return success({ close: async () => undefined });
  const watched = await watchTables(rooms.storage);
  if (!watched.ok) return watched;
  const renewal = new Renewal(parts);
  const notices = new Notices({
    postgres,
    name: rooms.name,
    log,
    onChange: ({ table, id }) => (table === 'api_key' ? void keyChanged(parts, id) : renewal.soon()),
    onListening: () => {
      rooms.identity.trustVerdicts(true);
      renewal.soon();
    },
    onDeaf: () => rooms.identity.trustVerdicts(false),
  });
  try {
    await notices.begin();
  } catch (error) {
    return failure('storage.unavailable', String(error));
  }
  return success({
    close: async () => {
      await notices.close();
      await renewal.close();
    },
  });
}

async function keyChanged({ rooms, gateway, log }: Parts, id: string | null): Promise<void> {
  rooms.identity.forgetVerdicts();
  if (id === null) return;
  let stands = false;
  for (const tenant of rooms.snapshots.tenants()) {
    const keys = await rooms.identity.list(tenant);
    // Whoever cannot find out ends what the key has open: it may go on with a new look-up.
    if (!keys.ok) log.error('identity.key.unknown_change', { key: id, reason: keys.reason });
    else if (keys.value.some((key) => key.id === id && key.state !== 'revoked')) stands = true;
  }
  if (!stands) gateway.dropCredential(id as KeyId);
}

/** Builds the snapshot anew, a moment after the last change, until it succeeds. */
class Renewal {
  readonly #parts: Parts;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  soon(after = GATHER_MS): void {
    if (this.#closed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#running = this.#renew();
    }, after).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  async #renew(): Promise<void> {
    const { apply, log } = this.#parts;
    try {
      const applied = await apply.follow();
      if (applied.ok) return;
      log.error('config.snapshot.stale', { reason: applied.reason, detail: applied.detail ?? null });
    } catch (error) {
      log.error('config.snapshot.stale', { error: String(error) });
    }
    this.soon(RETRY_MS);
  }
}
