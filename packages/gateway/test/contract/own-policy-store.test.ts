import { ownPolicyStoreContract } from './own-policy-store-suite.ts';
import { openSqlite } from './sqlite-backend.ts';

ownPolicyStoreContract('sqlite', openSqlite);
