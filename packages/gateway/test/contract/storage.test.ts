import { openSqlite } from './sqlite-backend.ts';
import { storageContract } from './storage-suite.ts';

storageContract('sqlite', openSqlite);
