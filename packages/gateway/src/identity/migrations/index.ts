import type { Migration } from '../../storage/index.ts';
import { createApiKeys } from './0001-api-keys.ts';
import { addDisclosedAt } from './0002-disclosed-keys.ts';
import { createTenants } from './0003-tenants.ts';
import { addAccounts } from './0004-accounts.ts';

export const IDENTITY_MIGRATIONS: readonly Migration[] = [createApiKeys, addDisclosedAt, createTenants, addAccounts];
