import type { JsonObject } from '../contracts/json.ts';

export const VERSION = '0.1.0';

export const serverInfo: JsonObject = { name: 'sallyport', title: 'Sallyport', version: VERSION };
