import type { Migration } from '../../storage/index.ts';
import { createWindows } from './0001-windows.ts';
import { createHeld } from './0002-held.ts';
import { createShares } from './0003-shares.ts';

/** Windows and shares are kept in memory by a gateway alone. */
export const GATEWAY_MIGRATIONS: readonly Migration[] = [createWindows, createHeld, createShares];
