/** What time it is for the server, learned of the header `Date` of its answers (RFC 9110, 6.6.1: whole seconds). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ServerClock } from '../../src/web/api/server-clock.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const HOUR_MS = 3_600_000;

/** An answer whose header is written on the way: the seconds of the server's clock then. */
function answer(clock: ServerClock, own: { ms: number }, aheadMs: number, way: readonly [number, number]) {
  const sentMs = own.ms;
  own.ms += way[0];
  const date = new Date(Math.floor((own.ms + aheadMs) / 1000) * 1000).toUTCString();
  own.ms += way[1];
  clock.learn(date, sentMs);
}

it.each([
  { name: 'is the browser’s own where both agree', aheadMs: 0, way: [3, 3], expected: 0 },
  { name: 'is the browser’s own where it is slow by a second', aheadMs: 1_000, way: [3, 3], expected: 0 },
  {
    name: 'is later where the browser is slow by an hour',
    aheadMs: HOUR_MS,
    way: [0, 0],
    expected: 3_600_500,
  },
  {
    name: 'is earlier where the browser is fast by an hour',
    aheadMs: -HOUR_MS,
    way: [0, 0],
    expected: -3_599_500,
  },
  { name: 'is the browser’s own after an answer of a minute', aheadMs: 0, way: [500, 60_000], expected: 0 },
] as const)('$name', ({ aheadMs, way, expected }) => {
  const own = { ms: NOON };
  const clock = new ServerClock(() => own.ms);
  answer(clock, own, aheadMs, way);
  expect(clock.now() - own.ms).toBe(expected);
});

it.each([null, '', 'yesterday'])('stays what it was by an answer with the date %j', (date) => {
  const clock = new ServerClock(() => NOON);
  clock.learn('Mon, 30 Nov 2026 10:00:00 GMT', NOON);
  clock.learn(date, NOON);
  expect(clock.now()).toBe(Date.UTC(2026, 10, 30, 10) + 500);
});

it('tells its followers of another time once, until they leave', () => {
  const own = { ms: NOON };
  const clock = new ServerClock(() => own.ms);
  let heard = 0;
  const leave = clock.follow(() => (heard += 1));
  for (let count = 0; count < 5; count++) answer(clock, own, HOUR_MS, [200, 700]);
  expect(heard).toBe(1);
  // Somebody sets the clock of the browser right.
  own.ms += HOUR_MS;
  answer(clock, own, 0, [20, 70]);
  expect(heard).toBe(2);
  expect(clock.now()).toBe(own.ms);
  leave();
  answer(clock, own, -HOUR_MS, [20, 70]);
  expect(heard).toBe(2);
});

it('is never off by more than an answer takes, and moves only when it has to', () => {
  const way = fc.tuple(fc.nat(5_000), fc.nat(5_000));
  fc.assert(
    fc.property(
      fc.integer({ min: -10 * HOUR_MS, max: 10 * HOUR_MS }),
      fc.nat(86_400_000),
      fc.array(way, { minLength: 1, maxLength: 20 }),
      (aheadMs, startMs, ways) => {
        const own = { ms: NOON + startMs };
        const clock = new ServerClock(() => own.ms);
        for (const one of ways) {
          answer(clock, own, aheadMs, one);
          const offMs = Math.abs(clock.now() - (own.ms + aheadMs));
          // Two seconds are no difference, and a header has whole ones.
          expect(offMs).toBeLessThanOrEqual(one[0] + one[1] + 3_000);
        }
      },
    ),
  );
});
