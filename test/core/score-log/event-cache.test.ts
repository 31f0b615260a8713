import { expect, it } from 'vitest';
import { createScoreMemory } from '../../../src/core/score-log/event-cache.ts';

function createEvents(count: number, scores: number) {
  const dropped: number[] = [];
  const events = Array.from({ length: count }, (_, event) => ({
    scores,
    drop: () => void dropped.push(event),
  }));
  return { events, dropped };
}

it('drops the event used least once there are too many scores', () => {
  const memory = createScoreMemory(30);
  const { events, dropped } = createEvents(4, 10);
  for (const event of events.slice(0, 3)) memory.use(event);
  expect(dropped).toEqual([]);
  memory.use(events[0] ?? { scores: 0, drop: () => undefined });
  memory.use(events[3] ?? { scores: 0, drop: () => undefined });
  expect(dropped).toEqual([1]);
});

it('counts an event no more that was released', () => {
  const memory = createScoreMemory(30);
  const { events, dropped } = createEvents(5, 10);
  for (const event of events) {
    memory.use(event);
    memory.release(event);
  }
  for (const event of events.slice(0, 3)) memory.use(event);
  expect(dropped).toEqual([]);
});

it('keeps one event that is larger than all it may hold, and bounds those without scores', () => {
  const memory = createScoreMemory(3);
  const large = createEvents(1, 10);
  for (const event of large.events) memory.use(event);
  expect(large.dropped).toEqual([]);
  const empty = createEvents(4, 0);
  for (const event of empty.events) memory.use(event);
  expect(large.dropped).toEqual([0]);
  expect(empty.dropped).toEqual([0]);
});
