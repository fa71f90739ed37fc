export type { ArgumentScreen, ResultScreen } from './guard.ts';
export { type Gateway, type GatewayDeps, openGateway } from './open-gateway.ts';
export { REPLIES, type Row } from './reply.ts';
