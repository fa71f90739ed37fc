import { VERSION } from '../base/version.ts';
import type { JsonObject } from '../contracts/json.ts';

export const serverInfo: JsonObject = { name: 'sallyport', title: 'Sallyport', version: VERSION };
