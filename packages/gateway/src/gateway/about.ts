import type { JsonObject } from '../contracts/json.ts';

export const serverInfo: JsonObject = { name: 'sallyport', title: 'Sallyport', version: '0.1.0' };
