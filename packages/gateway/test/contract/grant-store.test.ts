import { grantStoreContract } from './grant-store-suite.ts';
import { openSqlite } from './sqlite-backend.ts';

grantStoreContract('sqlite', openSqlite);
