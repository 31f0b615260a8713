/** What of an error reaches a client: by its cause, whatever wraps it. */
import { buildSchema, execute, type ExecutionResult, GraphQLError, parse } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import pino from 'pino';
import { Writable } from 'node:stream';
import { createMaskError, type MaskError } from '../../../../src/api/graphql/transport/mask-error.ts';
import { InvalidInputError, NotFoundError, RetryLaterError } from '../../../../src/errors.ts';
import { Prisma } from '../../../../src/generated/prisma/client.ts';

let logged: string;
let mask: MaskError;

beforeEach(() => {
  logged = '';
  const lines = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged += chunk.toString();
      done();
    },
  });
  mask = createMaskError(pino({ level: 'info' }, lines), () => 'request-7');
});

const schema = buildSchema(`
  type Query { value(of: Int! = 1): Int, time: Time, list(of: [Int!]! = []): [Int!], inner: Query }
  scalar Time
`);

/** What graphql itself makes of it: the first error of the answer. */
async function run(
  query: string,
  rootValue: object = {},
  variableValues: Record<string, unknown> = {},
): Promise<{ readonly error: GraphQLError; readonly data: ExecutionResult['data'] }> {
  const { errors = [], data } = await execute({ schema, document: parse(query), rootValue, variableValues });
  const [error] = errors;
  if (error === undefined) throw new Error(`no error of ${query}`);
  return { error, data };
}

const throws = (error: unknown) => ({
  inner: {
    value: () => {
      throw error;
    },
  },
});

describe('an error that was expected is told with its code and its place', () => {
  test.each([
    [new InvalidInputError('names: too long', ['names']), { code: 'INVALID_INPUT', inputPath: ['names'] }],
    [new NotFoundError('no such metric'), { code: 'NOT_FOUND' }],
    [new RetryLaterError('the queue is full'), { code: 'RETRY_LATER' }],
    [new GraphQLError('of a resolver', { extensions: { code: 'FORBIDDEN' } }), { code: 'FORBIDDEN' }],
  ])('%s', async (thrown, extensions) => {
    const { error } = await run('{ inner { value } }', throws(thrown));
    expect(mask(error).toJSON()).toMatchObject({
      message: thrown.message,
      path: ['inner', 'value'],
      locations: [{ line: 1, column: 11 }],
      extensions,
    });
    expect(logged).toBe('');
  });

  test('of Prisma that a row is gone as NOT_FOUND', async () => {
    const gone = new Prisma.PrismaClientKnownRequestError('x', { code: 'P2025', clientVersion: '7' });
    const { error } = await run('{ inner { value } }', throws(gone));
    expect(mask(error).extensions).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of a database that is away as RETRY_LATER, and is a warning in the log', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED 10.0.0.9'), { code: 'ECONNREFUSED' });
    const { error } = await run('{ inner { value } }', throws(away));
    const { message, extensions, path } = mask(error);
    expect(message).not.toContain('10.0.0.9');
    expect([extensions.code, path]).toEqual(['RETRY_LATER', ['inner', 'value']]);
    expect(JSON.parse(logged)).toMatchObject({ level: 40, requestId: 'request-7', path: 'inner.value' });
  });
});

describe('what graphql finds wrong with an argument while it executes', () => {
  test.each([
    ['query ($of: Int = 1) { value(of: $of) }', ['value']],
    ['query ($of: Int = 1) { inner { value(of: $of) } }', ['inner', 'value']],
    ['query ($of: Int = 1) { list(of: [1, $of]) }', ['list']],
    ['query ($of: Boolean = true) { inner { value @include(if: $of) } }', ['inner']],
    ['query ($of: Boolean = true) { value @skip(if: $of) }', undefined],
  ])('is the fault of its variables, and keeps its place: %s', async (query, path) => {
    const { error } = await run(query, { inner: {} }, { of: null });
    expect(error.extensions).toEqual({});
    expect(mask(error).toJSON()).toEqual({
      ...error.toJSON(),
      ...(path === undefined ? {} : { path }),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(logged).toBe('');
  });
});

describe('whatever else fails is masked, and in the log with its cause', () => {
  test.each<[string, string, object]>([
    ['a bug', '{ inner { value } }', throws(new TypeError('hunter2'))],
    ['a text that was thrown', '{ inner { value } }', throws('hunter2')],
    ['a value that is not of its type', '{ inner { value } }', { inner: { value: 'hunter2' } }],
    ['a number beyond 32 bits', '{ inner { value } }', { inner: { value: 2 ** 31 } }],
    ['a list that is none', '{ inner { list } }', { inner: { list: { hunter2: 1 } } }],
    ['null where none may be', '{ inner { list } }', { inner: { list: [null] } }],
  ])('%s', async (_name, query, rootValue) => {
    const { error } = await run(query, rootValue);
    const masked = mask(error);
    expect(masked.message).toBe('unexpected error; the log has it under requestId request-7');
    expect(masked.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: 'request-7' });
    expect(masked.path?.slice(0, 1)).toEqual(['inner']);
    expect(JSON.parse(logged)).toMatchObject({ level: 50, requestId: 'request-7' });
  });
});

test('a message quotes no more than a thousand characters of what a client wrote', () => {
  const long = new GraphQLError('x'.repeat(5_000), { extensions: { code: 'BAD_USER_INPUT' } });
  expect(mask(long).message).toHaveLength(1_001);
  expect(mask(long).extensions).toEqual({ code: 'BAD_USER_INPUT' });
});
