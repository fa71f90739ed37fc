import { documentStoreContract } from './document-store-suite.ts';
import { openSqlite } from './sqlite-backend.ts';

documentStoreContract('sqlite', openSqlite);
