import { z } from 'zod';
import type { JsonObject } from '../../contracts/json.ts';
import { wholeFile } from './schema.ts';

/** The JSON Schema (2020-12) of `sallyport.yaml`, for editors: of the same shapes that the file is read by. */
export const fileSchema = (): JsonObject => z.toJSONSchema(wholeFile, { io: 'input', unrepresentable: 'any' }) as JsonObject;
