import type { JsonObject } from '../../contracts/json.ts';
import { isObject, type RpcError, type RpcId } from '../../protocol/index.ts';
import { ANSWERS } from './answers.ts';
import { ANSWER_MS, type Asked, ask, BOTH } from './ask.ts';
import { backoffMs, rest, type Wire } from './wire.ts';

export interface SessionDeps {
  readonly wire: Wire;
  /** Writes one message to the client. */
  readonly say: (text: string) => Promise<void>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
  readonly waitMs: number;
}

interface Begun {
  readonly params: JsonObject;
  readonly revision: string;
  readonly capabilities: JsonObject;
}

export type Renewed = { readonly ok: true } | { readonly ok: false; readonly error: RpcError };

const RENEWED: Renewed = { ok: true };
const SESSION = 'mcp-session-id';
/** What a gateway that is starting or stopping answers: it will be otherwise soon. */
const PASSING = new Set([429, 503]);
const URIS = 1000;

/**
 * The session of a legacy client, as the client believes it to be. Where the gateway no longer knows it, it is begun again with the same
 * parameters, and what the client had set in it is set again.
 */
export class Session {
  readonly #deps: SessionDeps;
  #begun: Begun | null = null;
  #id: string | null = null;
  #initialized = false;
  #level: JsonObject | null = null;
  readonly #subscribed = new Map<string, JsonObject>();
  /** Requests of servers that the client is still working on. */
  readonly #asked = new Map<string, RpcId>();
  #renewing: Promise<Renewed> | null = null;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  get id(): string | null {
    return this.#id;
  }

  get headers(): Readonly<Record<string, string>> {
    return {
      ...(this.#id === null ? {} : { [SESSION]: this.#id }),
      ...(this.#begun === null ? {} : { 'mcp-protocol-version': this.#begun.revision }),
    };
  }

  /** The client's own `initialize` was answered. */
  begin(params: JsonObject, result: JsonObject, id: string | null): void {
    this.#begun = begunOf(params, result);
    this.#id = id;
    this.#initialized = false;
    this.#level = null;
    this.#subscribed.clear();
    this.#asked.clear();
  }

  initialized(): void {
    this.#initialized = true;
  }

  /** A request succeeded that changes what the gateway keeps for this session. */
  succeeded(method: string, params: JsonObject): void {
    const uri = params['uri'];
    if (method === 'logging/setLevel') this.#level = params;
    else if (method === 'resources/subscribe' && typeof uri === 'string' && this.#subscribed.size < URIS) this.#subscribed.set(uri, params);
    else if (method === 'resources/unsubscribe' && typeof uri === 'string') this.#subscribed.delete(uri);
  }

  asked(id: RpcId): void {
    this.#asked.set(JSON.stringify(id), id);
  }

  /** False: what was asked belongs to a session that is gone, and nobody waits for the answer. */
  answered(id: RpcId | null): boolean {
    return this.#asked.delete(JSON.stringify(id));
  }

  /** Begins the session again, unless it is no longer the one that was found to be gone. All who find it gone wait for one renewal. */
  renew(gone: string | null): Promise<Renewed> {
    if (this.#begun === null || this.#id !== gone) return Promise.resolve(RENEWED);
    this.#renewing ??= this.#renew(this.#begun).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(begun: Begun): Promise<Renewed> {
    const { wire, tell, signal, waitMs } = this.#deps;
    const until = performance.now() + waitMs;
    let asked: Asked;
    for (let tries = 0; ; tries++) {
      asked = await ask(wire, { method: 'initialize', params: begun.params, headers: {} }, { signal, waitMs });
      if (asked.ok || (asked.status !== null && !PASSING.has(asked.status)) || performance.now() > until || signal.aborted) break;
      await rest(backoffMs(tries), signal);
    }
    if (!asked.ok) return asked;
    const now = begunOf(begun.params, asked.result);
    if (now.revision !== begun.revision) return { ok: false, error: ANSWERS.revisionChanged(begun.revision, now.revision) };
    const id = asked.response.headers[SESSION];
    this.#id = typeof id === 'string' ? id : null;
    tell('the session was begun again');
    if (this.#initialized) await this.#restore(begun);
    return RENEWED;
  }

  /** What the client did once, done again; what it may have missed, said. */
  async #restore(begun: Begun): Promise<void> {
    const { wire, say, signal, waitMs } = this.#deps;
    const headers = { 'content-type': 'application/json', accept: BOTH, ...this.headers };
    const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const told = await wire.send({ method: 'POST', headers, body, signal, silenceMs: ANSWER_MS }, waitMs);
    if (told.kind === 'answered') told.response.resume();
    const again = [
      ...(this.#level === null ? [] : [['logging/setLevel', this.#level] as const]),
      ...[...this.#subscribed.values()].map((params) => ['resources/subscribe', params] as const),
    ];
    for (const [method, params] of again) {
      const asked = await ask(wire, { method, params, headers: this.headers }, { signal, waitMs });
      if (!asked.ok) this.#deps.tell(`${method} could not be repeated: ${asked.error.message}`);
    }
    for (const id of this.#asked.values())
      await say(notification('notifications/cancelled', { requestId: id, reason: 'The gateway was restarted.' }));
    this.#asked.clear();
    for (const kind of ['tools', 'prompts', 'resources']) {
      const capability = begun.capabilities[kind];
      if (isObject(capability) && capability['listChanged'] === true) await say(notification(`notifications/${kind}/list_changed`, {}));
    }
  }
}

const begunOf = (params: JsonObject, result: JsonObject): Begun => ({
  params,
  revision: String(result['protocolVersion']),
  capabilities: isObject(result['capabilities']) ? result['capabilities'] : {},
});

const notification = (method: string, params: JsonObject): string =>
  JSON.stringify({ jsonrpc: '2.0', method, ...(Object.keys(params).length === 0 ? {} : { params }) });
