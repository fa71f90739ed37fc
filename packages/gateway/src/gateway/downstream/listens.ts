import type { Clock } from '../../base/clock.ts';
import type { ServerId, TenantId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { ListenFilter } from '../../protocol/index.ts';
import type { ListName } from '../upstream/upstream.ts';
import { expireWith } from './expire-with.ts';
import type { ClientStream } from './stream.ts';

/** Open `subscriptions/listen` streams of modern clients. */
export interface Listens {
  /** Null when the principal has too many. `id` is the listen request's own id, which tags everything (MCP 2026-07-28, subscriptions). */
  open(principal: Principal, of: Listened, stream: (onEnd: () => void) => ClientStream): ClientStream | null;
  /** Whether the principal may open one more. */
  hasRoom(principal: Principal): boolean;
  listChanged(tenant: TenantId, list: ListName): void;
  /** Tells one principal of a list, where it differs at the endpoint that it listens at: a server's, or null for all. */
  listDiffers(principal: Principal, list: ListName, differs: (server: ServerId | null) => boolean): void;
  /** Whoever listens to lists, once or more. */
  principals(): readonly Principal[];
  /** Graceful end: the listen's result, then the stream closes. */
  endAll(which: (principal: Principal) => boolean): void;
  readonly size: number;
}

/** What a client listens to. */
export interface Listened {
  readonly id: string | number;
  readonly filter: ListenFilter;
  /** Of the endpoint; null: all. */
  readonly server: ServerId | null;
}

interface Listen extends Listened {
  readonly principal: Principal;
  readonly stream: ClientStream;
}

const LISTS: readonly ListName[] = ['tools', 'prompts', 'resources'];

export function openListens(clock: Clock): Listens {
  const listens = new Set<Listen>();
  const tagged = (listen: Listen): string => `{"io.modelcontextprotocol/subscriptionId":${JSON.stringify(listen.id)}}`;
  const tell = (listen: Listen, list: ListName): void => {
    if (listen.filter[`${list}ListChanged`])
      listen.stream.send(`{"jsonrpc":"2.0","method":"notifications/${list}/list_changed","params":{"_meta":${tagged(listen)}}}`);
  };
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
    open(principal, of, stream) {
      if (!hasRoom(principal)) return null;
      let forget = (): void => undefined;
      const opened = stream(() => {
        listens.delete(listen);
        forget();
      });
      const listen: Listen = { ...of, principal, stream: opened };
      listens.add(listen);
      forget = expireWith(principal.credential, clock, () => finish(listen));
      return opened;
    },
    listChanged(tenant, list) {
      for (const listen of listens) if (listen.principal.tenant === tenant) tell(listen, list);
    },
    listDiffers(principal, list, differs) {
      for (const listen of listens) if (listen.principal === principal && differs(listen.server)) tell(listen, list);
    },
    principals: () =>
      [...listens].filter(({ filter }) => LISTS.some((list) => filter[`${list}ListChanged`])).map(({ principal }) => principal),
    endAll(which) {
      for (const listen of [...listens]) if (which(listen.principal)) finish(listen);
    },
    get size() {
      return listens.size;
    },
  };
}
