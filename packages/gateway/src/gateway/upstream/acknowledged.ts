import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Subscription } from './upstream.ts';

/** A subscription whose server has not said yet what it agrees to. */
export interface Awaited {
  readonly outcome: Promise<Result<Subscription, GatewayReason>>;
  /** The first acknowledgement counts; what was not asked for is dropped. */
  granted(uris: readonly string[]): void;
  failed(reason: GatewayReason): void;
}

/** Waits for the acknowledgement at most `ms`; what comes to nothing is ended. */
export function awaitAcknowledged(asked: readonly string[], ms: number, end: () => void): Awaited {
  let settle: (outcome: Result<Subscription, GatewayReason>) => void = () => {};
  const outcome = new Promise<Result<Subscription, GatewayReason>>((resolve) => {
    settle = resolve;
  });
  const failed = (reason: GatewayReason): void => {
    clearTimeout(timer);
    end();
    settle(failure(reason));
  };
  const timer = setTimeout(() => failed('gateway.upstream_timeout'), ms);
  timer.unref();
  return {
    outcome,
    granted(uris) {
      clearTimeout(timer);
      settle(success({ granted: asked.filter((uri) => uris.includes(uri)), end }));
    },
    failed,
  };
}
