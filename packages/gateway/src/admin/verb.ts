import type { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { ExchangeId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { VerbName } from './access.ts';
import type { AdminDoors } from './doors.ts';

/** A request that was authenticated, authorised and validated. */
export interface Call<Body = unknown, Query = unknown> {
  readonly id: ExchangeId;
  readonly principal: Principal;
  /** Path parameters, validated. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  readonly doors: AdminDoors;
  readonly clock: Clock;
  /** The OpenAPI document of this API. */
  readonly document: () => JsonObject;
}

export interface Answer<Body = JsonValue> {
  readonly body: Body;
  /** The object that was acted on, where the path does not name it. */
  readonly object?: string;
  /** What was there and what is there now, without secrets: sealed in the record. */
  readonly changed?: { readonly before: JsonValue; readonly after: JsonValue };
}

/** One JSON object a line, for as long as the caller reads and the signal allows. */
export interface Stream {
  /** `emit` resolves when the next object may be given: a slow reader slows the source. Resolves when the source ends. */
  readonly stream: (signal: AbortSignal, emit: (item: JsonObject) => Promise<void>) => Promise<void>;
}

export type Outcome = Result<Answer | Stream, Reason>;

/** What comes back where it was done: one body, or one object a line for as long as it is read. */
export type Gives<A extends z.ZodType = z.ZodType> =
  | { readonly status: 200 | 201; readonly body: A }
  | { readonly status: 200; readonly lines: A }
  /** Text of this content type: the answer's body is a string. */
  | { readonly status: 200; readonly text: string };

interface Shape<B extends z.ZodType, Q extends z.ZodType, A extends z.ZodType> {
  readonly name: VerbName;
  /** One line of the API's document. */
  readonly summary: string;
  /** In Fastify's form: `/api/v1/keys/:id`. */
  readonly path: string;
  readonly params: Readonly<Record<string, z.ZodType<string>>>;
  readonly body: B | null;
  readonly query: Q | null;
  readonly gives: Gives<A>;
  /** For what machines read every few seconds: recorded once an hour and reader, and answered where nothing can be recorded. */
  readonly recorded?: 'hourly';
  /** The body is what nobody may read in the log: it is not recorded. */
  readonly unrecordedBody?: true;
  /** What the record says was done, `room.object.verb`. */
  readonly action: string;
  readonly run: (call: Call<z.output<B>, z.output<Q>>) => Promise<Result<Answer<z.input<A>> | Stream, Reason>>;
}

/** GET only looks: one record, before the answer. POST and DELETE act: a record before the effect and one after. */
export interface Verb {
  readonly name: VerbName;
  readonly summary: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly params: Readonly<Record<string, z.ZodType<string>>>;
  readonly body: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly gives: Gives;
  readonly recorded?: 'hourly';
  readonly unrecordedBody?: true;
  readonly action: string;
  readonly run: (call: Call) => Promise<Outcome>;
}

/** Ties the types of a verb's body, query and answer to what its `run` takes and gives; the server has validated both before it runs. */
export const verb =
  (method: Verb['method']) =>
  <B extends z.ZodType, Q extends z.ZodType, A extends z.ZodType>(shape: Shape<B, Q, A>): Verb => ({
    ...shape,
    method,
    run: (call) => shape.run(call as Call<z.output<B>, z.output<Q>>) as Promise<Outcome>,
  });

export const get = verb('GET');
export const post = verb('POST');
export const remove = verb('DELETE');
