export { VERSION } from './about.ts';
export type { ArgumentScreen, ResultScreen } from './guard.ts';
export { type Gateway, type GatewayDeps, openGateway } from './open-gateway.ts';
export { REPLIES, type Row } from './reply.ts';
export { openProber } from './upstream/prober.ts';
export { type Reaper, startReaper } from './upstream/reaper.ts';
export { openUpstreams } from './upstream/sessions.ts';
export type { Upstreams } from './upstream/upstream.ts';
