import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../../src/errors.ts';
import { readPlainSelector } from '../../../../src/core/sources/prometheus/plain-selector.ts';
import { describePrometheusMetric } from '../../../../src/core/sources/prometheus/prometheus-spec.ts';

describe('a query', () => {
  it.each([
    ['up', 'up', {}],
    [' job:rate:5m { job = "a" , env=\'b\', } ', 'job:rate:5m', { job: 'a', env: 'b' }],
    ['{__name__="up",job=`a}`}', 'up', { job: 'a}' }],
    ['up{job=~"a.*",env!="b",x="",y="a\\"b",z="{,}"}', 'up', { y: 'a"b', z: '{,}' }],
    // windows_exporter
    [
      "free{volume=\"C:\\\\Data\",process=`a\\b`,user='it\\'s'}",
      'free',
      { volume: 'C:\\Data', process: 'a\\b', user: "it's" },
    ],
    [
      'up{job=~"node",env=~"a|b",path=~"/x.y",zone!~"a",bytes="\\xc3\\xbc",line="a\\nb"}',
      'up',
      { job: 'node' },
    ],
    ['{job="a"}', null, { job: 'a' }],
  ])('that is a selector shows its name and labels: %s', (query, name, labels) => {
    const selector = readPlainSelector(query);
    expect(selector?.name).toBe(name);
    expect(Object.fromEntries(selector?.labels ?? [])).toEqual(labels);
  });

  it.each([
    '',
    '{}',
    'rate(up[5m])',
    'up{job="a"} + up{job="b"}',
    'up[5m]',
    'up offset 5m',
    'up{job="a}',
    '1',
    'up{job}',
  ])('that is none shows nothing: %s', (query) => expect(readPlainSelector(query)).toBeNull());
});

describe('the spec of a Prometheus metric', () => {
  it('takes name, tags and resource from a plain selector', () => {
    expect(describePrometheusMetric({ query: 'node_load1{job="node",instance="web:9100"}' })).toMatchObject({
      name: 'node_load1',
      description: 'node_load1{job="node",instance="web:9100"}',
      server: 'default/Prometheus/web:9100',
      periodSeconds: 60,
      tags: [
        { key: 'instance', value: 'web:9100' },
        { key: 'job', value: 'node' },
      ],
      resource: {
        type: 'Prometheus',
        resourceId: 'web:9100',
        tags: [{ key: 'instance', value: 'web:9100' }],
      },
    });
  });

  it('names what is no selector by itself, on one line, unless a name is given', () => {
    expect(describePrometheusMetric({ query: 'sum(\n  rate(x[5m])\n)' })).toMatchObject({
      name: 'sum( rate(x[5m]) )',
      server: 'default/Prometheus/sum( rate(x[5m]) )',
    });
    const given = { query: 'sum(x)', name: 'All', resource: 'shop', periodSeconds: 30 };
    expect(describePrometheusMetric(given)).toMatchObject({
      name: 'All',
      server: 'default/Prometheus/shop',
      periodSeconds: 30,
    });
    expect(describePrometheusMetric({ query: `sum(${'x'.repeat(3000)})` }).name).toHaveLength(255);
  });

  it.each([253, 254, 255, 256])('cuts no character in two, where %d letters are before one', (length) => {
    const text = `${'x'.repeat(length)}💥💥`;
    const half = /\p{Cs}/u;
    const {
      name,
      server,
      tags = [],
      resource,
    } = describePrometheusMetric({
      query: `up{instance="${text}",a="${text}"}`,
    });
    for (const cut of [name, server, resource?.resourceId, ...tags.map(({ value }) => value)])
      expect(cut).not.toMatch(half);
    expect(tags.every(({ value }) => value.length <= 255 && text.startsWith(value))).toBe(true);
    expect(describePrometheusMetric({ query: `sum(${text})` }).name).not.toMatch(half);
  });

  it('is the same metric under another name, and another with another query or period', () => {
    const identity = (spec: object) => describePrometheusMetric({ query: 'up', ...spec }).identity;
    expect(identity({ name: 'a', resource: 'b' })).toBe(identity({}));
    expect(new Set([{}, { query: 'up2' }, { periodSeconds: 30 }].map(identity)).size).toBe(3);
  });

  it.each([
    [{}, 'query'],
    [{ query: ' ' }, 'query'],
    [{ query: 'up\u0000' }, 'query'],
    [{ query: 'up\ud800' }, 'query'],
    [{ query: 'x'.repeat(4001) }, 'query'],
    [{ query: 'up', periodSeconds: 0 }, 'periodSeconds'],
    [{ query: 'up', periodSeconds: 86_401 }, 'periodSeconds'],
    [{ query: 'up', name: '' }, 'name'],
    [{ query: 'up', resource: 'a\nb' }, 'resource'],
    [{ query: 'up', step: 5 }, 'step'],
  ])('is refused where it is wrong: %j', (spec, field) => {
    expect(() => describePrometheusMetric(spec)).toThrow(InvalidInputError);
    expect(() => describePrometheusMetric(spec)).toThrow(field);
  });
});
