import { z } from 'zod';
import { success } from '../../base/result.ts';
import { get } from '../verb.ts';

const document = z.looseObject({ openapi: z.literal('3.1.0'), paths: z.record(z.string(), z.looseObject({})) });

/** What this API takes and gives, as a program reads it. */
export const showContract = get({
  name: 'contract.show',
  summary: 'This document.',
  path: '/api/v1/openapi.json',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: document },
  action: 'admin.contract.shown',
  run: async ({ document: read }) => success({ body: document.parse(read()) }),
});
