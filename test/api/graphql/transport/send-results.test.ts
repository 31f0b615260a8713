import type { ExecutionResult } from 'graphql';
import { expect, it } from 'vitest';
import { createSendResults } from '../../../../src/api/graphql/transport/send-results.ts';
import { createPayloads } from '../../../../src/api/graphql/transport/payload-cache.ts';

function endlessResults() {
  let returned = 0;
  const results: AsyncIterator<ExecutionResult> = {
    next: () => Promise.resolve({ done: false, value: { data: {} } }),
    return: () => {
      returned += 1;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { results, countReturns: () => returned };
}

it('ends the subscription when its connection fails in the middle of a message', async () => {
  const { results, countReturns } = endlessResults();
  const sent = createSendResults(createPayloads())(results, 'a', () => Promise.reject(new Error('reset')));
  await expect(sent.next()).rejects.toThrow('reset');
  expect(countReturns()).toBe(1);
});

it('writes the message with the id of the subscription', async () => {
  const { results } = endlessResults();
  const texts: string[] = [];
  const sent = createSendResults(createPayloads())(results, 'a"b', (parts) => {
    texts.push(Buffer.concat(parts).toString());
    return texts.length < 2 ? Promise.resolve() : Promise.reject(new Error('enough'));
  });
  await expect(sent.next()).rejects.toThrow('enough');
  expect(texts.map((text): unknown => JSON.parse(text))).toEqual([
    { id: 'a"b', type: 'next', payload: { data: {} } },
    { id: 'a"b', type: 'next', payload: { data: {} } },
  ]);
});
