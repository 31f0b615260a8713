/** When an incident opens, how long it lasts and why red rows open none, from surprises alone. */
import { describe, expect, it } from 'vitest';
import {
  advanceIncident,
  createIncidentState,
  type IncidentVerdict,
} from '../../../src/detector/streams/incident-state.ts';
import { RED_SURPRISE } from '../../../src/detector/streams/surprise.ts';

const STEP_MS = 300_000;
const RED = RED_SURPRISE + 0.5;

function play(
  surprises: readonly number[],
  { levels = [] as number[], learning = 0, stepMs = STEP_MS, lasting = false } = {},
): IncidentVerdict[] {
  const state = createIncidentState();
  return surprises.map((surprise, row) =>
    advanceIncident(state, {
      timestampMs: row * stepMs,
      stepMs,
      tick: { steps: 1, days: stepMs / 86_400_000, gap: false },
      surprise,
      lasting,
      levelOff: levels[row] ?? 0,
      provisional: row < learning,
    }),
  );
}

function openings(verdicts: readonly IncidentVerdict[]): number[] {
  return verdicts.flatMap(({ phase }, row) => (phase === 'OPENS' ? [row] : []));
}

const quiet = (rows: number): number[] => new Array<number>(rows).fill(0);

describe('an incident', () => {
  it('opens once while red rows follow each other, and these say that they continue it', () => {
    const verdicts = play(new Array<number>(60).fill(RED));
    expect(openings(verdicts)).toStrictEqual([0]);
    expect(verdicts.slice(1).every(({ phase }) => phase === 'CONTINUES')).toBe(true);
  });

  it('opens once for red rows of one event at slow steps, and again for one some rows later', () => {
    const event = [RED, RED, ...quiet(1), RED, ...quiet(2), RED];
    for (const days of [1, 7, 30]) {
      const verdicts = play([...event, ...quiet(40), RED], { stepMs: days * 86_400_000 });
      expect(openings(verdicts)).toStrictEqual([0, event.length + 40]);
    }
  });

  it('opens once for a surprise that grows slowly', () => {
    const growing = Array.from({ length: 20 }, (_, row) => RED + row / 50);
    expect(openings(play(growing))).toStrictEqual([0]);
  });

  it('opens again at once for something far rarer than what opened it', () => {
    expect(openings(play([RED, ...quiet(4), 2 * RED]))).toStrictEqual([0, 5]);
  });

  it('opens none for something as rare within the quiet period, and says so', () => {
    const verdicts = play([RED, ...quiet(15), RED]);
    expect(openings(verdicts)).toStrictEqual([0]);
    expect(verdicts.at(-1)?.phase).toBe('QUIET_PERIOD');
  });

  it('opens again for something as rare some hours later, also every day for weeks', () => {
    const days = Array.from({ length: 20 }, () => [RED, ...quiet(287)]).flat();
    expect(openings(play(days))).toStrictEqual(Array.from({ length: 20 }, (_, day) => day * 288));
  });

  it('never goes on that did not open: rows just below red are no incident', () => {
    const yellow = 0.99 * RED_SURPRISE;
    const verdicts = play([...new Array<number>(6).fill(yellow), 1.05 * RED_SURPRISE, yellow]);
    expect(verdicts.every(({ phase }) => phase !== 'CONTINUES')).toBe(true);
    const rarer = play([...new Array<number>(6).fill(yellow), 1.2 * RED_SURPRISE, RED]);
    expect(rarer.slice(6).map(({ phase }) => phase)).toStrictEqual(['OPENS', 'CONTINUES']);
  });

  it('opens for what lasts though a row just below red led up to it, and once', () => {
    const standstill = [...quiet(5), 0.98 * RED_SURPRISE, ...new Array<number>(60).fill(1.02 * RED_SURPRISE)];
    expect(openings(play(standstill, { lasting: true }))).toStrictEqual([6]);
  });

  it('opens none while the model learns, and says so', () => {
    const verdicts = play([RED, ...quiet(100), RED], { learning: 50 });
    expect(verdicts[0]?.phase).toBe('LEARNING');
    expect(openings(verdicts)).toStrictEqual([101]);
  });

  it('lasts until the metric was normal for an hour', () => {
    const verdicts = play([0, RED, ...quiet(30)]);
    expect(verdicts.map(({ phase }) => phase)).toStrictEqual([
      null,
      'OPENS',
      ...new Array<string>(12).fill('RECOVERS'),
      ...new Array<null>(18).fill(null),
    ]);
  });

  it('lasts while the level stays off, and ends when the new level is the normal one', () => {
    const rows = 4 * 288;
    const levels = [...new Array<number>(100).fill(1), ...new Array<number>(rows).fill(50)];
    const verdicts = play([...quiet(100), RED, ...quiet(rows - 1)], { levels });
    const anomalous = verdicts.flatMap(({ phase }, row) =>
      phase === 'CONTINUES' || phase === 'OPENS' ? [row] : [],
    );
    expect(anomalous[0]).toBe(100);
    expect(anomalous.length).toBeGreaterThan(1.5 * 288);
    expect(anomalous.length).toBeLessThan(2.5 * 288);
  });
});
