export type { AdminDoors, Following, Keys, Log } from './doors.ts';
export { type AdminOpenReason, type AdminOptions, openAdmin, type RunningAdmin } from './open-admin.ts';
export { type SocketPlace, socketPlace } from './socket-place.ts';
