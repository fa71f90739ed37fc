import type { Readable } from 'node:stream';
import { random } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { LocalHttp } from '../../contracts/registration.ts';
import { Backoff } from './backoff.ts';
import { closeEndpoint, type Endpoint, openEndpoint } from './http-endpoint.ts';
import { type Child, launch } from './launch.ts';
import { followLog } from './server-log.ts';
import type { StdioDeps } from './stdio-client.ts';

/** An endpoint and the news of its end: for a server that we started, when its process has ended. */
export interface LiveEndpoint {
  readonly endpoint: Endpoint;
  readonly gone: Promise<string>;
}

interface Running extends LiveEndpoint {
  readonly child: Child;
}

/**
 * One HTTP server that the gateway runs on the loopback interface. Its bearer token is made here and goes nowhere else, so that the server is no
 * way round the gateway. Started at the first need, started again at the next need after it died, ever later when it dies at once.
 */
export class LocalServer {
  readonly #deps: StdioDeps;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #local: LocalHttp;
  readonly #startMs: number;
  readonly #backoff: Backoff;
  #running: Running | null = null;
  #starting: Promise<Result<Running, GatewayReason>> | null = null;
  #closed = false;

  constructor(
    deps: StdioDeps & { readonly clock: Clock },
    server: { readonly name: string; readonly local: LocalHttp; readonly startMs: number },
  ) {
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#name = server.name;
    this.#local = server.local;
    this.#startMs = server.startMs;
    this.#backoff = new Backoff(deps.clock);
  }

  async acquire(): Promise<Result<LiveEndpoint, GatewayReason>> {
    if (this.#running !== null) return success(this.#running);
    if (this.#closed) return failure('gateway.upstream_closed');
    const trouble = this.#backoff.blocked();
    if (trouble !== null) return failure('gateway.upstream_unavailable', trouble);
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#starting;
    const running = this.#running;
    if (running === null) return;
    await running.child.end();
    await closeEndpoint(running.endpoint);
  }

  async #start(): Promise<Result<Running, GatewayReason>> {
    const token = random(32).toString('base64url');
    const env = { ...this.#local.launch.env, [this.#local.tokenEnv]: token };
    const started = launch(this.#deps, this.#name, { ...this.#local.launch, env });
    if (!started.ok) return started.reason === 'gateway.program_not_allowed' ? started : this.#failed(started.detail ?? started.reason);
    const child = started.value;
    const port = await this.#learnPort(child);
    if (port === null) {
      await child.end();
      return this.#failed('it did not say on which port it listens');
    }
    const opened = openEndpoint(`http://127.0.0.1:${port}${this.#local.path}`, { headers: { authorization: `Bearer ${token}` } });
    if (!opened.ok) {
      await child.end();
      return opened;
    }
    return success(this.#adopt(child, opened.value));
  }

  #adopt(child: Child, endpoint: Endpoint): Running {
    const startedAt = this.#clock.monotonic();
    const gone = child.exited.then((exit) => {
      const detail = `the process ended (${exit.signal ?? `code ${exit.code}`})`;
      this.#running = null;
      if (!this.#closed) this.#backoff.failed(detail, this.#clock.monotonic() - startedAt);
      void closeEndpoint(endpoint);
      return detail;
    });
    this.#running = { endpoint, child, gone };
    return this.#running;
  }

  #failed(detail: string): Result<never, GatewayReason> {
    this.#backoff.failed(detail, 0);
    return failure('gateway.upstream_start_failed', detail);
  }

  #learnPort(child: Child): Promise<number | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), this.#startMs);
      const done = (port: number | null): void => {
        clearTimeout(timer);
        resolve(port);
      };
      void child.exited.then(() => done(null));
      const follow = (stream: Readable): void =>
        followLog(child, stream, this.#clock, (line) => {
          this.#deps.onServerLog(this.#name, line);
          const port = readPort(line);
          if (port !== null) done(port);
        });
      follow(child.stdout);
      follow(child.stderr);
    });
  }
}

/** The port in a line such as `HTTP server listening on 127.0.0.1:33499`. Only loopback is read: a server that listens elsewhere is not spoken to. */
function readPort(line: string): number | null {
  const match = /(?:^|[\s/@])(?:127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})(?!\d)/.exec(line);
  const port = Number(match?.[1] ?? 0);
  return port > 0 && port < 65_536 ? port : null;
}
