import type { Migration } from '../../storage/index.ts';
import { createServersAndPins } from './0001-servers-and-pins.ts';

export const REGISTRY_MIGRATIONS: readonly Migration[] = [createServersAndPins];
