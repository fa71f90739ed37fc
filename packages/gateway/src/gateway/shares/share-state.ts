/** Who holds how much of what a server or a tool takes at once, and until when of the shared clock, in milliseconds. */
export interface ShareState {
  readonly shares: readonly GatewayShare[];
  readonly seenAt: number;
}

export type GatewayShare = readonly [gateway: string, places: number, until: number];

export interface Wish {
  readonly gateway: string;
  /** Requests of this gateway that are under way. Counted whatever is free: they are there. */
  readonly used: number;
  /** Those, and those that wait. */
  readonly needed: number;
  /** What was under way at once in the last seconds, which is kept where there is plenty. */
  readonly wanted: number;
  readonly most: number;
  readonly now: number;
  readonly until: number;
}

export interface Shared {
  readonly state: ShareState;
  readonly places: number;
  /** Places that others do not hold, these among them. */
  readonly free: number;
}

/** What may lie idle with one gateway: a quarter of what is left, so that few places are never refused to one while another does not use them. */
export const idleOf = (free: number, used: number): number => Math.max(0, Math.floor((free - used) / 4));

/** The state with this gateway's share as it has to be. Shares that have run out are gone with whoever held them. */
export function takeShare({ shares, seenAt }: ShareState, { gateway, used, needed, wanted, most, now, until }: Wish): Shared {
  const others = shares.filter(([name, , ends]) => name !== gateway && ends > now);
  const free = most - others.reduce((sum, [, places]) => sum + places, 0);
  const spare = Math.min(wanted, needed + idleOf(free, needed));
  const places = Math.max(used, Math.min(free, Math.max(needed, spare)));
  const own: readonly GatewayShare[] = places > 0 ? [[gateway, places, until]] : [];
  return { state: { shares: [...others, ...own], seenAt: Math.max(seenAt, now) }, places, free };
}
