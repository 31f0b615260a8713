/** Refusals that are answered before anything of a request is read: of strangers, and of those who ask too often. */
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { expect, test } from 'vitest';
import { startServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

test('what is refused before it is read is so in the type that was asked for, whose status clients believe', async () => {
  await using slow = await startServer({
    settings: { LAPWING_MAX_OPERATIONS_PER_SECOND: '1', LAPWING_API_KEY: 'an-admin-key-of-the-settings' },
  });
  const post = (accept: string, key: string) =>
    fetch(`${slow.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${key}` },
      body: '{ "query": "{ __typename }" }',
    });
  for (const accept of ['application/graphql-response+json', 'application/json']) {
    const unknown = await post(accept, 'another');
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([401, `${accept}; charset=utf-8`]);
    await until(async () => {
      const answer = await post(accept, 'an-admin-key-of-the-settings');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([429, `${accept}; charset=utf-8`]);
      expect(await answer.text()).toContain('"code":"TOO_MANY_REQUESTS"');
    });
  }
  // Of a batch each operation counts, and those that are too many are refused alone.
  await until(async () => {
    const answer = await fetch(`${slow.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer an-admin-key-of-the-settings' },
      body: JSON.stringify(Array(10).fill({ query: '{ __typename }' })),
    });
    const answers: unknown = await answer.json();
    expect(answers).toMatchObject([{ data: {} }, ...Array<unknown>(8).fill({}), { errors: [{}] }]);
    expect(JSON.stringify(answers)).toContain('"code":"TOO_MANY_REQUESTS"');
  });
  // As Apollo Client has it: of any other type, the answer of a status above 300 is not read.
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new HttpLink({
      uri: `${slow.url}/graphql`,
      headers: { authorization: 'Bearer an-admin-key-of-the-settings' },
    }),
  });
  await until(async () => {
    const error = await client
      .query({
        query: gql`
          {
            serverInfo {
              version
            }
          }
        `,
        fetchPolicy: 'no-cache',
      })
      .then(
        () => null,
        (reason: unknown) => reason,
      );
    expect(CombinedGraphQLErrors.is(error) && error.errors).toMatchObject([
      { extensions: { code: 'TOO_MANY_REQUESTS' } },
    ]);
  });
  client.stop();
});
