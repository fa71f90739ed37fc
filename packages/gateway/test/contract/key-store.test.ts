import { keyStoreContract } from './key-store-suite.ts';
import { openSqlite } from './sqlite-backend.ts';

keyStoreContract('sqlite', openSqlite);
