import { registryStoreContract } from './registry-store-suite.ts';
import { openSqlite } from './sqlite-backend.ts';

registryStoreContract('sqlite', openSqlite);
