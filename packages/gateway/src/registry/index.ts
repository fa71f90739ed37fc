export type { Approval } from './approve-tool.ts';
export type { VerbReason } from './deps.ts';
export { openRegistry, type Registry, type RegistryDeps } from './open-registry.ts';
export type { Problem } from './pin.ts';
export type { Planned, ServerPlan, Unplanned } from './plan-servers.ts';
export { checkServer, readTransport, type ServerInput, type ServerProblem } from './server-input.ts';
export type { RegistryState } from './state.ts';
export type { AlsoWrite } from './store.ts';
export type { ServerView, ToolView } from './view-server.ts';
