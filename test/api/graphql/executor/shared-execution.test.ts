import { buildSchema, type ExecutionResult, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSharedSubscribe } from '../../../../src/api/graphql/executor/shared-execution.ts';
import { createSendResults } from '../../../../src/api/graphql/transport/send-results.ts';
import { createPayloads } from '../../../../src/api/graphql/transport/payload-cache.ts';

const schema = buildSchema(`
  type Query { ping: Int }
  type Score { value: Int!, times(by: Int!): Int! }
  type Subscription { scores(after: String, least: Int): Score! }
`);

/** Every subscriber is given the same events, as core does; resolvers count how often they run. */
function createApi() {
  const calls = { value: 0, returned: 0 };
  const events = [1, 2, 3].map((number) => ({
    scores: {
      value: () => {
        calls.value += 1;
        return number;
      },
      times: ({ by }: { by: number }) => number * by,
    },
  }));
  const rootValue = {
    scores: ({ after }: { after?: string | null }) => {
      if (after === 'nonsense') throw new Error('no cursor');
      let place = 0;
      return {
        next: () => {
          const event = events[place++];
          return Promise.resolve(
            event === undefined ? { done: true, value: undefined } : { done: false, value: event },
          );
        },
        return: () => {
          calls.returned += 1;
          return Promise.resolve({ done: true, value: undefined });
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
  const shared = createSharedSubscribe({
    scopeOf: (context) => (context as { scope: string } | undefined)?.scope ?? '',
  });
  const subscribe = (query: string, variableValues: Record<string, unknown> = {}, scope = 'all') =>
    shared({ schema, document: parse(query), rootValue, variableValues, contextValue: { scope } });
  return { calls, subscribe };
}

async function open(result: ReturnType<ReturnType<typeof createApi>['subscribe']>) {
  const stream = await result;
  if (!(Symbol.asyncIterator in stream)) throw new Error(`not a stream: ${JSON.stringify(stream)}`);
  return stream;
}

async function first(result: ReturnType<ReturnType<typeof createApi>['subscribe']>) {
  const next = await (await open(result)).next();
  if (next.done === true) throw new Error('the stream is empty');
  return next.value;
}

const QUERY = 'subscription S($after: String) { scores(after: $after) { value } }';

describe('subscriptions to the same events', () => {
  it('are executed once per event when they are equal, wherever each began', async () => {
    const { calls, subscribe } = createApi();
    const streams = await Promise.all(
      ['a', 'b', null].map(async (after) => open(subscribe(QUERY, { after }))),
    );
    const seen: unknown[] = [];
    for (let event = 0; event < 3; event++) {
      const results = await Promise.all(
        streams.map(async (stream) => (await stream.next()).value as unknown),
      );
      expect(new Set(results).size).toBe(1);
      seen.push(results[0]);
    }
    expect(seen).toEqual([1, 2, 3].map((value) => ({ data: { scores: { value } } })));
    expect(calls.value).toBe(3);
  });

  it('are executed apart when they select otherwise', async () => {
    const { subscribe } = createApi();
    const twice = 'subscription S($by: Int!) { scores { times(by: $by) } }';
    expect(await first(subscribe(QUERY))).toEqual({ data: { scores: { value: 1 } } });
    expect(await first(subscribe(twice, { by: 2 }))).toEqual({ data: { scores: { times: 2 } } });
    expect(await first(subscribe(twice, { by: 3 }))).toEqual({ data: { scores: { times: 3 } } });
  });

  it('never share between those who may see different things', async () => {
    const { calls, subscribe } = createApi();
    await first(subscribe(QUERY, {}, 'admin'));
    await first(subscribe(QUERY, {}, 'viewer'));
    expect(calls.value).toBe(2);
  });

  it('count the start as a difference when the selection uses it, too', async () => {
    const { subscribe } = createApi();
    const query =
      'subscription S($after: String, $is: Boolean!) { scores(after: $after) { value @include(if: $is) times(by: 1) } }';
    expect(await first(subscribe(query, { is: false }))).toEqual({ data: { scores: { times: 1 } } });
    expect(await first(subscribe(query, { is: true }))).toEqual({ data: { scores: { value: 1, times: 1 } } });
  });

  it('answer with errors when they cannot begin', async () => {
    const { subscribe } = createApi();
    const result = await subscribe(QUERY, { after: 'nonsense' });
    expect(result).toMatchObject({ errors: [{ message: 'no cursor', path: ['scores'] }] });
  });

  it('end their source when they are ended', async () => {
    const { calls, subscribe } = createApi();
    const stream = await open(subscribe(QUERY));
    await stream.return?.();
    expect(calls.returned).toBe(1);
  });
});

function streamOf(results: readonly ExecutionResult[]): AsyncIterableIterator<ExecutionResult> {
  let place = 0;
  return {
    next: () => {
      const value = results[place++];
      return Promise.resolve(
        value === undefined ? { done: true as const, value: undefined } : { done: false as const, value },
      );
    },
    return: () => Promise.resolve({ done: true as const, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

describe('results as messages', () => {
  it('are written out once for everybody, with an id for each', async () => {
    let written = 0;
    const result: ExecutionResult = {
      data: {
        toJSON: () => {
          written += 1;
          return { value: 'ä"' };
        },
      },
    };
    const sendResults = createSendResults(createPayloads());
    const sent: unknown[] = [];
    const send = (parts: readonly Buffer[]) => {
      sent.push(JSON.parse(Buffer.concat(parts).toString()));
      return Promise.resolve();
    };
    for (const id of ['a', 'b"']) {
      expect(await sendResults(streamOf([result]), id, send).next()).toEqual({
        done: true,
        value: undefined,
      });
    }
    const payload = { data: { value: 'ä"' } };
    expect(sent).toEqual([
      { id: 'a', type: 'next', payload },
      { id: 'b"', type: 'next', payload },
    ]);
    expect(written).toBe(1);
  });

  it('stop with the subscription, though a result was on its way', async () => {
    const sent: unknown[] = [];
    const send = (parts: readonly Buffer[]) => {
      sent.push(parts);
      return Promise.resolve();
    };
    const messages = createSendResults(createPayloads())(streamOf([{ data: {} }]), 'a', send);
    const pending = messages.next();
    await messages.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(sent).toEqual([]);
  });

  it('tell who iterates of a failure', async () => {
    const broken = { ...streamOf([]), next: () => Promise.reject(new Error('database away')) };
    await expect(
      createSendResults(createPayloads())(broken, 'a', () => Promise.resolve()).next(),
    ).rejects.toThrow('database away');
  });
});
