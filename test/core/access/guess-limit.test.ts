import { describe, expect, it } from 'vitest';
import { createGuessLimit, GUESSES_AT_ONCE } from '../../../src/core/access/guess-limit.ts';

function openLimit() {
  const clock = { ms: 0 };
  const { mayTell } = createGuessLimit(() => clock.ms);
  const guess = (address: string, times = 1) =>
    Array.from({ length: times }, () => mayTell(address, null)).filter(Boolean).length;
  return { clock, mayTell, guess };
}

describe('an address that guesses', () => {
  it('is told of fifty wrong keys, then of one a second, and nothing of others is held against it', () => {
    const { clock, guess } = openLimit();
    expect(guess('a', 200)).toBe(GUESSES_AT_ONCE);
    expect(guess('b')).toBe(1);
    clock.ms = 3_000;
    expect(guess('a', 10)).toBe(3);
  });

  it('does not learn that it has hit upon a right key', () => {
    const { mayTell, guess } = openLimit();
    guess('a', GUESSES_AT_ONCE);
    expect([mayTell('a', 'k'), mayTell('b', 'k')]).toEqual([false, true]);
    // Nor by what others proved elsewhere.
    expect(mayTell('a', 'k')).toBe(false);
  });

  it('locks out nobody who was let in there before, and others once it pauses', () => {
    const { clock, mayTell, guess } = openLimit();
    expect(mayTell('a', 'old')).toBe(true);
    guess('a', GUESSES_AT_ONCE);
    expect([mayTell('a', 'old'), mayTell('a', 'new')]).toEqual([true, false]);
    clock.ms = 1_000;
    expect(mayTell('a', 'new')).toBe(true);
    // A right key costs nothing.
    expect(guess('a')).toBe(1);
  });
});
