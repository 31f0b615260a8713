import { describe, expect, it } from 'vitest';
import { labelMetrics, type MetricFacts } from '../../../../src/core/prometheus/promql/series-labels.ts';

const FACTS: MetricFacts = {
  id: 'id-1',
  number: 1,
  name: 'cpu',
  server: 'cpu',
  datasource: 'CUSTOM',
  hasResource: false,
  account: { id: 1, name: 'default' },
  seriesTags: [],
  resourceTags: [],
};
const tags = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([key, value]) => ({ key, value }));
const label = (...metrics: readonly Partial<MetricFacts>[]) =>
  labelMetrics(metrics.map((facts) => ({ ...FACTS, ...facts }))).map(({ labels }) =>
    Object.fromEntries(labels),
  );

describe('the labels of a metric', () => {
  it.each([
    ['a plain name', {}, { metric: 'cpu', source: 'custom' }],
    [
      'a pushed series: its tags are labels, not a part of its name',
      {
        name: 'cpu\\;x.load;host=a',
        server: 'a',
        hasResource: true,
        seriesTags: tags(['host', 'a']),
      },
      { metric: 'cpu;x.load', source: 'custom', resource: 'a', host: 'a' },
    ],
    ['a name with semicolons that is no series', { name: 'a;b;c' }, { metric: 'a;b;c', source: 'custom' }],
    [
      'a metric of CloudWatch, with the tags of its instance',
      {
        name: 'AWS/EC2/CPUUtilization',
        server: 'us-west-2/AWS/EC2/i-1',
        datasource: 'CLOUDWATCH',
        hasResource: true,
        seriesTags: tags(['InstanceId', 'i-1']),
        resourceTags: tags(['Name', 'web'], ['InstanceId', 'other'], ['aws:autoscaling:groupName', 'g']),
      },
      {
        metric: 'AWS/EC2/CPUUtilization',
        source: 'cloudwatch',
        resource: 'us-west-2/AWS/EC2/i-1',
        InstanceId: 'i-1',
        Name: 'web',
        aws_autoscaling_groupName: 'g',
      },
    ],
    [
      'tags whose names are taken, or Prometheus does not take',
      {
        hasResource: true,
        server: 'r',
        seriesTags: tags(
          ['metric', 'm'],
          ['resource', 'r'],
          ['source', 's'],
          ['a.b', '1'],
          ['a-b', '2'],
          ['9', 'x'],
          ['__name__', 'n'],
          ['lapwing_id', 'i'],
          ['größe', 'xl'],
          ['empty', ''],
        ),
      },
      {
        metric: 'cpu',
        resource: 'r',
        source: 'custom',
        tag_metric: 'm',
        tag_source: 's',
        a_b: '1',
        tag_a_b: '2',
        _9: 'x',
        tag___name__: 'n',
        tag_lapwing_id: 'i',
        gr__e: 'xl',
      },
    ],
    [
      'a metric of another account',
      { account: { id: 2, name: 'team-b' } },
      { metric: 'cpu', source: 'custom', account: 'team-b' },
    ],
  ] as const)('%s', (_what, facts, labels) => {
    expect(label(facts)).toEqual([labels]);
  });

  it('are in the order of their names', () => {
    const [metric] = labelMetrics([{ ...FACTS, seriesTags: tags(['z', '1'], ['A', '2'], ['b', '3']) }]);
    expect([...(metric?.labels.keys() ?? [])]).toEqual(['A', 'b', 'metric', 'source', 'z']);
  });

  it('are never those of another: the oldest has them as they are, the others have their id besides', () => {
    const plain = { metric: 'cpu', source: 'custom', a_b: '1' };
    expect(
      label(
        { id: 'new', number: 9, seriesTags: tags(['a.b', '1']) },
        { id: 'old', number: 3, seriesTags: tags(['a-b', '1']) },
        { id: 'other', number: 4, seriesTags: tags(['a-b', '2']) },
      ),
    ).toEqual([plain, { ...plain, a_b: '2' }, { ...plain, lapwing_id: 'new' }]);
  });
});
