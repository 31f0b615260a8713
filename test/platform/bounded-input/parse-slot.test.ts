import { expect, test } from 'vitest';
import { nextParseSlot } from '../../../src/platform/bounded-input/parse-slot.ts';
import { countRounds } from '../../helpers/count-rounds.ts';

test('one piece is parsed in each round of the event loop, whoever it belongs to, in the order of asking', async () => {
  const order: string[] = [];
  const parse = async (name: string, pieces: number) => {
    for (let piece = 0; piece < pieces; piece += 1) {
      await nextParseSlot();
      order.push(name);
    }
  };
  const rounds = await countRounds(() => Promise.all([parse('a', 20), parse('b', 20), parse('c', 20)]));
  expect(rounds).toBeGreaterThanOrEqual(60);
  expect(order.join('')).toBe('abc'.repeat(20));
});
