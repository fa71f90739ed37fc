import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { answerHealth, HEALTH_PATHS } from '../http/index.ts';
import { type Arrival, type Handling, handle } from './handle.ts';
import { VERBS } from './routes/index.ts';
import type { Verb } from './verb.ts';

/** Fastify routes and nothing else: bodies, queries and errors are ours, so that its content types cannot be a way round (CVE-2026-25223). */
export async function router(
  handling: Handling,
  arrivals: WeakMap<IncomingMessage, Arrival>,
  onRoute: (method: string, path: string) => void = () => undefined,
): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: { querystringParser: () => ({}), ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 128 },
    frameworkErrors: (_error, request, reply) => {
      reply.hijack();
      void run(handling, arrivals, request.raw, reply.raw, null, {});
    },
  });
  app.addHook('onRoute', ({ method, path }) => {
    for (const one of [method].flat()) onRoute(one, path);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  for (const verb of VERBS) {
    app.route({
      method: verb.method,
      url: verb.path,
      // Before Fastify looks at the body: everything from here on is `handle`.
      onRequest: (request, reply) => {
        reply.hijack();
        void run(handling, arrivals, request.raw, reply.raw, verb, request.params as Readonly<Record<string, unknown>>);
      },
      handler: () => {},
    });
  }
  for (const path of HEALTH_PATHS) {
    app.route({
      method: 'GET',
      url: path,
      onRequest: (request, reply) => {
        reply.hijack();
        if (!answerHealth(request.raw, reply.raw, handling.ready)) void run(handling, arrivals, request.raw, reply.raw, null, {});
      },
      handler: () => {},
    });
  }
  app.setNotFoundHandler({ preHandler: () => {} }, () => {});
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    reply.hijack();
    void run(handling, arrivals, request.raw, reply.raw, null, {});
  });
  await app.ready();
  return app;
}

async function run(
  handling: Handling,
  arrivals: WeakMap<IncomingMessage, Arrival>,
  request: IncomingMessage,
  response: ServerResponse,
  verb: Verb | null,
  params: Readonly<Record<string, unknown>>,
): Promise<void> {
  const arrival = arrivals.get(request) ?? { place: 'unknown', hostAllowed: false, originAllowed: false };
  await handle(handling, { request, response, arrival, verb, params });
}
