import type { Migration } from '../../storage/index.ts';
import { createGrants } from './0001-grants.ts';

export const POLICY_MIGRATIONS: readonly Migration[] = [createGrants];
