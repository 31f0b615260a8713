import { describe, expect, it } from 'vitest';
import { TaggedMetrics } from '../../../src/core/score-log/tagged-metrics.ts';

/** A database in which even metrics have the tags, until the test says otherwise. */
function createDatabase() {
  const asked: (readonly number[])[] = [];
  const database = {
    asked,
    isTagged: (number: number) => number % 2 === 0,
    /** Called between the look and the answer. */
    onAnswer: () => undefined as unknown,
  };
  const find = async (numbers: readonly number[]) => {
    asked.push(numbers);
    const found = numbers.filter(database.isTagged);
    await Promise.resolve(database.onAnswer());
    return found;
  };
  return { database, tagged: new TaggedMetrics(find) };
}

describe('metrics with tags', () => {
  it('are asked for once each', async () => {
    const { database, tagged } = createDatabase();
    expect(await tagged.findAmong([1, 2, 2, 4])).toEqual([2, 2, 4]);
    expect(await tagged.findAmong([4, 1, 6])).toEqual([4, 6]);
    expect(await tagged.findAmong([])).toEqual([]);
    expect(database.asked).toEqual([[1, 2, 4], [6]]);
  });

  it('are asked for again once tags have changed', async () => {
    const { database, tagged } = createDatabase();
    expect(await tagged.findAmong([1, 2])).toEqual([2]);
    database.isTagged = (number) => number === 1;
    expect(await tagged.findAmong([1, 2])).toEqual([2]);
    tagged.forget();
    expect(await tagged.findAmong([1, 2])).toEqual([1]);
  });

  it('are asked for again when tags changed while they were asked for, the first time too', async () => {
    const { database, tagged } = createDatabase();
    database.onAnswer = () => {
      database.onAnswer = () => undefined;
      database.isTagged = (number) => number === 1;
      tagged.forget();
    };
    expect(await tagged.findAmong([1, 2])).toEqual([1]);
    expect(await tagged.findAmong([1, 2])).toEqual([1]);
    expect(database.asked).toHaveLength(2);
  });

  it('are asked for again after the database was away', async () => {
    const { database, tagged } = createDatabase();
    database.onAnswer = () => Promise.reject(new Error('away'));
    await expect(tagged.findAmong([2])).rejects.toThrow('away');
    database.onAnswer = () => undefined;
    expect(await tagged.findAmong([2])).toEqual([2]);
  });
});
