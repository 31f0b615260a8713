import { describe, expect, it } from 'vitest';
import { ChannelTurns } from '../../../../src/core/incidents/delivery/channel-turns.ts';
import { createDeferred } from '../../../helpers/deferred.ts';

describe('what is sent to channels', () => {
  it('goes one after the other to each, whatever became of the one before, and at once to another', async () => {
    const turns = new ChannelTurns();
    const held = createDeferred<undefined>();
    const sent: string[] = [];
    const send = (name: string) => () => Promise.resolve(void sent.push(name));
    const first = turns.run('a', () => held.promise);
    const second = turns.run('a', send('second'));
    const third = turns.run('a', send('third'));
    await turns.run('b', send('other'));
    expect(sent).toEqual(['other']);
    held.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await Promise.all([second, third]);
    expect(sent).toEqual(['other', 'second', 'third']);
  });
});
