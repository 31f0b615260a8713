import fc from 'fast-check';
import { expect, it } from 'vitest';
import { noteScored } from '../../../../src/core/score-log/tail/note-scored.ts';
import type { MetricEntry } from '../../../../src/core/metrics/registry.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';

type Progress = Pick<MetricEntry, 'number' | 'lastRowId' | 'lastTimestampMs' | 'scoredRows' | 'scoredToMs'>;

/** Scores of one metric in the order of their times, cut into pages, some of them read twice. */
const PAGES = fc.array(fc.array(fc.boolean(), { maxLength: 5 }), { maxLength: 10 });

it('a metric has come as far as its scores, each counted once however often its page is read', () => {
  fc.assert(
    fc.property(PAGES, fc.nat({ max: 20 }), (pages, known) => {
      // What was read of the metric may hold some of the scores already.
      const entry: Progress = {
        number: 1,
        lastRowId: known,
        lastTimestampMs: known === 0 ? null : known,
        scoredRows: known,
        scoredToMs: known === 0 ? null : known,
      };
      const registry = { byNumber: (number: number) => (number === 1 ? (entry as MetricEntry) : undefined) };
      let row = 0;
      for (const page of pages) {
        const samples = page.map((isTwice) => {
          row += 1;
          return {
            isTwice,
            sample: { ...makeScoredSample(row), timestampMs: row },
          };
        });
        noteScored(
          registry,
          samples.map(({ sample }) => sample),
        );
        noteScored(
          registry,
          samples.filter(({ isTwice }) => isTwice).map(({ sample }) => sample),
        );
        // Of a metric that is not known nothing is noted.
        noteScored(registry, [{ ...makeScoredSample(row), metricNumber: 2 }]);
      }
      const last = Math.max(known, row);
      expect(entry).toEqual({
        number: 1,
        lastRowId: last,
        lastTimestampMs: last === 0 ? null : last,
        scoredRows: last,
        scoredToMs: last === 0 ? null : last,
      });
    }),
  );
});

it('a late point moves nothing back', () => {
  const entry = { number: 1, lastRowId: 9, lastTimestampMs: 900, scoredRows: 8, scoredToMs: 900 };
  const before = { ...entry };
  noteScored({ byNumber: () => entry as MetricEntry }, [
    { ...makeScoredSample(1), rowId: 10, timestampMs: 500 },
  ]);
  expect(entry).toEqual(before);
});
