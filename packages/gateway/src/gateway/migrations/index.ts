import type { Migration } from '../../storage/index.ts';
import { createWindows } from './0001-windows.ts';

/** For PostgreSQL; a gateway alone keeps these in memory. */
export const GATEWAY_MIGRATIONS: readonly Migration[] = [createWindows];
