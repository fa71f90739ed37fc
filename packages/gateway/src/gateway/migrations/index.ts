import type { Migration } from '../../storage/index.ts';
import { createWindows } from './0001-windows.ts';
import { createHeld } from './0002-held.ts';

/** Windows are kept in memory by a gateway alone. */
export const GATEWAY_MIGRATIONS: readonly Migration[] = [createWindows, createHeld];
