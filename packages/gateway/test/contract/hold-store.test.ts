import { holdStoreContract } from './hold-store-suite.ts';
import { openSqlite } from './sqlite-backend.ts';

holdStoreContract('sqlite', openSqlite);
