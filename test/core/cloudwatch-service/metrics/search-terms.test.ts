import { describe, expect, it } from 'vitest';
import { parseSearch } from '../../../../src/core/cloudwatch-service/metrics/search-terms.ts';
import { SearchSyntaxError } from '../../../../src/core/cloudwatch-service/metrics/search-tokens.ts';

const METRIC = {
  id: 1,
  namespace: 'App/Web',
  metricName: 'Latency',
  dimensions: [
    { name: 'host', value: 'web-1' },
    { name: 'az', value: 'e 1' },
  ],
};

function toMetric(namespace: string, metricName: string, dimensions: Readonly<Record<string, string>>) {
  const named = Object.entries(dimensions).map(([name, value]) => ({ name, value }));
  return { id: 1, namespace, metricName, dimensions: named };
}

describe('A search', () => {
  it.each([
    ['{App/Web,host,az}', true],
    ['{App/Web,az,host} MetricName="Latency"', true],
    ['{"App/Web","host","az"} Latency', true],
    ['{App/Web,host}', false],
    ['{App/Other,host,az}', false],
    ['host="web-1"', true],
    ['host="web-2"', false],
    ['az="e 1" AND NOT host="web-2"', true],
    ['host="web-2" OR MetricName=Latency', true],
    ['(host="web-2" OR latency) WEB-1', true],
    ['Laten', false],
    ['web', true],
    ['host=web', true],
    ['host="web"', false],
    ['host="WEB-1"', false],
    ['host=("web-2" OR "web-1")', true],
    ['"host"=("web-2" OR "web-3")', false],
    ['Namespace="App/Web" MetricName="Latency" "host"', true],
    ['Namespace="App/Other" "host"', false],
    [':aws.AccountId="000000000001"', true],
    [':aws.AccountId="000000000002" Latency', false],
    ['az="e \\"1"', false],
    ['', true],
  ])('%s: %s', (text, expected) => {
    expect(parseSearch(text).matches(METRIC, '000000000001')).toBe(expected);
  });

  it.each(['network/errors', 'network+errors', 'network-errors', 'Network_Errors'])(
    'finds the words of %s next to each other, whatever is between them',
    (text) => {
      const names = ['Network-Errors-2', 'NetworkErrors2', 'ErrorsOfNetwork', 'NetworkAndErrors'];
      const found = names.filter((metricName) => parseSearch(text).matches({ ...METRIC, metricName }, '1'));
      expect(found).toEqual(['Network-Errors-2', 'NetworkErrors2']);
    },
  );

  /** Metrics of the examples in the user's guide, by what they are called here. */
  const KNOWN = {
    ec2: toMetric('AWS/EC2', 'CPUUtilization', { InstanceId: 'i-1234567890123456' }),
    micro: toMetric('AWS/EC2', 'CPUUtilization', { InstanceType: 't2.micro' }),
    ecs: toMetric('AWS/ECS', 'CPUUtilization', { ClusterName: 'main' }),
    ebs: toMetric('AWS/EBS', 'VolumeReadOps', { VolumeId: 'vol-1' }),
    reads: toMetric('AWS/EC2', 'DiskReadOps', { InstanceId: 'i-ProjectA' }),
    errors: toMetric('AWS/Lambda', 'Errors', { FunctionName: 'ProjectA-one' }),
    calls: toMetric('AWS/Lambda', 'Invocations', { FunctionName: 'ProjectB-two' }),
    others: toMetric('AWS/Lambda', 'Invocations', { FunctionName: 'three' }),
    own: toMetric('Custom-Namespace', 'ErrorCount', { 'Dimension Name With Spaces': 'a' }),
    lower: toMetric('Mine', 'errors', {}),
    signs: toMetric('Mine', String.raw`Europe\France Traffic(Network)`, {}),
  };

  it.each([
    ['{AWS/EC2,InstanceId} MetricName="CPUUtilization"', ['ec2']],
    ['{AWS/EC2,InstanceType} InstanceType=micro MetricName="CPUUtilization"', ['micro']],
    ['{AWS/EC2,InstanceType} InstanceType="t2.micro" MetricName="CPUUtilization"', ['micro']],
    ['MetricName="CPUUtilization"', ['ec2', 'micro', 'ecs']],
    ['MetricName="CPUUtilization" AND ("AWS/ECS" OR "AWS/ES")', ['ecs']],
    ['{AWS/ECS, ClusterName}, MetricName="CPUUtilization"', ['ecs']],
    ['{"Custom-Namespace", "Dimension Name With Spaces"}, ErrorCount', ['own']],
    ['{"Custom-Namespace", "Dimension Name With Spaces"},', ['own']],
    ['"AWS/EC2" MetricName="CPUUtilization"', ['ec2', 'micro']],
    ['(EC2 OR EBS) AND MetricName=ReadOps', ['ebs', 'reads']],
    ['(EC2 OR EBS) MetricName=ReadOps', ['ebs', 'reads']],
    ['(EC2 OR EBS) AND ReadOps AND ProjectA', ['reads']],
    [
      '{AWS/Lambda,FunctionName} MetricName="Errors" OR (MetricName="Invocations" AND (ProjectA OR ProjectB))',
      ['errors', 'calls'],
    ],
    ['NOT Namespace=AWS', ['own', 'lower', 'signs']],
    ['{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT i-1234567890123456', []],
    ['Errors', ['errors', 'lower']],
    ['"Errors"', ['errors']],
    ['"errors"', ['lower']],
    [String.raw`"Europe\\France Traffic\(Network\)"`, ['signs']],
    [':aws.AccountId=LOCAL "errors"', ['lower']],
    [`:aws.AccountId = 'LOCAL' "errors"`, ['lower']],
    ['FunctionName=LOCAL', []],
  ])('%s finds what the user’s guide says', (text, names) => {
    const search = parseSearch(text);
    expect(
      Object.entries(KNOWN).flatMap(([name, metric]) => (search.matches(metric, '1') ? [name] : [])),
    ).toEqual(names);
  });

  it.each([
    ['Namespace="App" MetricName="m"', 'App', 'm'],
    ['{X,d} MetricName="m"', null, 'm'],
    ['MetricName="m" OR host="a"', null, null],
    ['NOT MetricName="m"', null, null],
    ['MetricName=m', null, null],
  ])('%s narrows what is read to namespace %s and name %s', (text, namespace, metricName) => {
    expect(parseSearch(text)).toMatchObject({ namespace, metricName });
  });

  it.each([
    ['CPU', 'CPUUtilization', true],
    ['utilization', 'CPUUtilization', true],
    ['network in', 'NetworkIn', true],
    ['Net', 'NetworkIn', false],
    ['i-0abc', 'i-0abc', true],
    ['i-0ab', 'i-0abc', false],
    ['5xx', 'HTTPCode_ELB_5XX_Count', true],
    ['httpcode_elb', 'HTTPCode_ELB_5XX_Count', true],
    ['HTTPCode', 'HTTPCode_ELB_5XX_Count', true],
    // From here on as in the user's guide, "CloudWatch search expression syntax".
    ['count', 'CustomCount1', true],
    ['Count', 'CustomCount1', true],
    ['COUNT', 'CustomCount1', true],
    ['couNT', 'CustomCount1', false],
    ['CustomCount', 'CustomCount1', true],
    ['Count1', 'CustomCount1', true],
    ['customcount', 'CustomCount1', false],
    ['count1', 'CustomCount1', false],
    ['customcount1', 'CustomCount1', true],
    ['1', 'CustomCount1', true],
    ['sdb', 'SDBFailure', true],
    ['failure', 'SDBFailure', true],
    ['sdbfailure', 'SDBFailure', true],
    ['project2trial333', 'Project2-trial333', true],
    ['trial', 'Project2-trial333', true],
    ['333', 'Project2-trial333', true],
    ['33', 'Project2-trial333', false],
  ])('without quotes finds the words %s in %s: %s', (text, metricName, expected) => {
    expect(parseSearch(text).matches({ ...METRIC, metricName }, '1')).toBe(expected);
  });

  it.each(['{App', '{}', 'a =', 'a=(', 'a=("b" OR', '(a', '"open', 'NOT', 'a )', 'x'.repeat(1025)])(
    'refuses %j',
    (text) => {
      expect(() => parseSearch(text)).toThrow(SearchSyntaxError);
    },
  );

  // Signs in quotes are texts: they close and open nothing.
  it.each([
    ['")"', ')', true],
    ['(")" OR a) CPU', 'CPU)', false],
    ['(")" OR CPU) ")"', ')', true],
    ['MetricName=(")" OR "(")', '(', true],
    ['NOT "("', '(', false],
    ['"=" "{"', '=', false],
  ])('reads %s as texts, and holds them against %j: %s', (text, metricName, expected) => {
    expect(parseSearch(text).matches({ ...METRIC, metricName }, '1')).toBe(expected);
  });

  // Taken apart anew for each of them, the names of these took a quarter of a minute.
  it('holds hundreds of words against twenty thousand metrics without standing still', () => {
    const words = Array.from({ length: 200 }, (_, i) => `w${i}`).join(' OR ');
    const search = parseSearch(`${words.slice(0, 1_000)} OR last19999`);
    const metrics = Array.from({ length: 20_000 }, (_, i) => ({
      id: i,
      namespace: 'Shop/Prod',
      metricName: `RequestLatency${i}`,
      dimensions: [1, 2, 3].map((place) => ({ name: `Host${place}`, value: `server-${i}-last${i}` })),
    }));
    const startedAt = performance.now();
    expect(metrics.filter((metric) => search.matches(metric, '1')).map(({ id }) => id)).toEqual([19_999]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
