import type { Migration } from '../../storage/index.ts';
import { createVersions } from './0001-versions.ts';

export const CONFIG_MIGRATIONS: readonly Migration[] = [createVersions];
