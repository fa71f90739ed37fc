export type { Budgets } from './budget.ts';
export { openBudgets } from './budgets/open-budgets.ts';
export type { GatewayDeps } from './gateway-deps.ts';
export type { ArgumentScreen, ResultScreen } from './guard.ts';
export { type Gateway, openGateway } from './open-gateway.ts';
export { openProber } from './upstream/prober.ts';
export { type Reaper, startReaper } from './upstream/reaper.ts';
export { openUpstreams } from './upstream/sessions.ts';
export type { Upstreams } from './upstream/upstream.ts';
