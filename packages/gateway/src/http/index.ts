export { addressKey, clientAddress, NO_PROXIES, normaliseAddress, type TrustedProxies, trustedProxies } from './address.ts';
export { tlsProblem } from './check-tls.ts';
export { accepts, isContentTypeAllowed, type MediaType, parseMediaType } from './content-type.ts';
export { answerHealth, HEALTH_PATHS, type Readiness } from './health.ts';
export { type HostRules, hostRules, isHostAllowed, isOriginAllowed } from './host-origin.ts';
export { type Listener, type ListenLimits, type ListenOptions, type ListenPlace, listen } from './listen.ts';
export {
  type Outbound,
  type OutboundHandler,
  type OutboundOptions,
  type OutboundReason,
  type OutboundRequest,
  openOutbound,
  reachOf,
} from './outbound.ts';
export { isLoopbackHost, type Reach } from './reach.ts';
export { type BodyLimits, type BodyReason, readBody } from './read-body.ts';
export { repeatedHeaders } from './repeated-headers.ts';
