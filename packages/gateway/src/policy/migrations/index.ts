import type { Migration } from '../../storage/index.ts';
import { createGrants } from './0001-grants.ts';
import { createDocuments } from './0002-documents.ts';
import { addGrantUse } from './0003-grants-in-use.ts';
import { createOwnPolicies } from './0004-own-policies.ts';

export const POLICY_MIGRATIONS: readonly Migration[] = [createGrants, createDocuments, addGrantUse, createOwnPolicies];
