import { openSqlite } from './sqlite-backend.ts';
import { versionStoreContract } from './version-store-suite.ts';

versionStoreContract('sqlite', openSqlite);
