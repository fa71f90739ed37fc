export type { Approval } from './approve-tool.ts';
export type { VerbReason } from './deps.ts';
export { openRegistry, type Registry, type RegistryDeps, type RegistryState } from './open-registry.ts';
export type { Problem } from './pin.ts';
export { checkServer, type ServerInput, type ServerProblem } from './server-input.ts';
export type { ServerView, ToolView } from './view-server.ts';
