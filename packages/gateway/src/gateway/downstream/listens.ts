import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { ListenFilter } from '../../protocol/index.ts';
import type { ListName } from '../upstream/upstream.ts';
import { expireWith } from './expire-with.ts';
import type { ClientStream } from './stream.ts';

/** Open `subscriptions/listen` streams of modern clients. */
export interface Listens {
  /** Null when the principal has too many. `id` is the listen request's own id, which tags everything (MCP 2026-07-28, subscriptions). */
  open(principal: Principal, id: string | number, filter: ListenFilter, stream: (onEnd: () => void) => ClientStream): ClientStream | null;
  /** Whether the principal may open one more. */
  hasRoom(principal: Principal): boolean;
  listChanged(tenant: TenantId, list: ListName): void;
  /** Graceful end: the listen's result, then the stream closes. */
  endAll(which: (principal: Principal) => boolean): void;
  readonly size: number;
}

interface Listen {
  readonly principal: Principal;
  readonly id: string | number;
  readonly filter: ListenFilter;
  readonly stream: ClientStream;
}

export function openListens(clock: Clock): Listens {
  const listens = new Set<Listen>();
  const tagged = (listen: Listen): string => `{"io.modelcontextprotocol/subscriptionId":${JSON.stringify(listen.id)}}`;
  const finish = (listen: Listen): void => {
    listen.stream.send(`{"jsonrpc":"2.0","id":${JSON.stringify(listen.id)},"result":{"resultType":"complete","_meta":${tagged(listen)}}}`);
    listen.stream.end();
  };
  const hasRoom = (principal: Principal): boolean => {
    let own = 0;
    for (const other of listens) if (other.principal.id === principal.id) own += 1;
    return own < LIMITS.listensPerPrincipal;
  };
  return {
    hasRoom,
    open(principal, id, filter, stream) {
      if (!hasRoom(principal)) return null;
      let forget = (): void => undefined;
      const opened = stream(() => {
        listens.delete(listen);
        forget();
      });
      const listen: Listen = { principal, id, filter, stream: opened };
      listens.add(listen);
      forget = expireWith(principal.credential, clock, () => finish(listen));
      return opened;
    },
    listChanged(tenant, list) {
      for (const listen of listens) {
        if (listen.principal.tenant === tenant && listen.filter[`${list}ListChanged`])
          listen.stream.send(`{"jsonrpc":"2.0","method":"notifications/${list}/list_changed","params":{"_meta":${tagged(listen)}}}`);
      }
    },
    endAll(which) {
      for (const listen of [...listens]) if (which(listen.principal)) finish(listen);
    },
    get size() {
      return listens.size;
    },
  };
}
