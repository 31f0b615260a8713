import { describe, expect, it } from 'vitest';
import { createProcessWatch } from '../../../src/platform/telemetry/process-metrics.ts';
import { describeReadings, renderFamilies } from '../../../src/platform/telemetry/prometheus-text.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';

/** The grammar of one line that is no comment. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{([a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (\S+)$/;

describe('the Prometheus text', () => {
  it('gives every statistic a help, a type and its value under its own name', () => {
    const stats = createStats();
    stats.count('points_accepted', 42);
    stats.set('subscribers', 3);
    const text = renderFamilies(describeReadings(stats.snapshot()));
    expect(text).toContain('\n# TYPE lapwing_batches_committed_total counter\n');
    expect(text).toContain('\nlapwing_points_accepted_total 42\n');
    expect(text).toContain('# TYPE lapwing_subscribers gauge\nlapwing_subscribers 3\n');
  });

  it('splits a counter by its reasons under one help', () => {
    const stats = createStats();
    stats.countReason('points_rejected', 'too_old', 7);
    const text = renderFamilies(describeReadings(stats.snapshot()));
    expect(text).toContain('\nlapwing_points_rejected_total{reason="too_old"} 7\n');
    expect(text).toContain('\nlapwing_points_rejected_total{reason="bad_name"} 0\n');
    expect(text.match(/# HELP lapwing_points_rejected_total /g)).toHaveLength(1);
  });

  it('is made of comments and samples of the grammar alone', () => {
    const watch = createProcessWatch(new Date());
    const text = renderFamilies([...describeReadings(createStats().snapshot()), ...watch.read()]);
    watch.stop();
    const lines = text.split('\n').slice(0, -1);
    const names = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    const samples = lines.filter((line) => !line.startsWith('#'));
    expect(new Set(names).size).toBe(names.length);
    expect(samples.filter((line) => !SAMPLE.test(line))).toEqual([]);
    expect(new Set(samples.map((line) => SAMPLE.exec(line)?.[1]))).toEqual(new Set(names));
    expect(text.endsWith('\n')).toBe(true);
  });

  it('escapes what would break a line or a label', () => {
    const text = renderFamilies([
      {
        name: 'a',
        kind: 'gauge',
        help: 'one\\two\nthree "quoted"',
        samples: [{ labels: { place: 'C:\\ "x"\ny' }, value: -Infinity }],
      },
    ]);
    expect(text).toBe(
      '# HELP a one\\\\two\\nthree "quoted"\n# TYPE a gauge\na{place="C:\\\\ \\"x\\"\\ny"} -Inf\n',
    );
  });
});
