import { describe, expect, it } from 'vitest';
import { readSeriesTags, toCanonicalName } from '../../../src/core/sources/pushed-name.ts';
import { findPushedResource, nameOnResource } from '../../../src/core/sources/series-resource.ts';

describe('the resource of a pushed series', () => {
  it.each([
    ['Telegraf, cpu', 'cpu.usage_idle;cpu=cpu-total;host=web-1', 'web-1'],
    [
      'Telegraf, win_perf_counters',
      'win_disk.Percent_Free_Space;host=PC-7;instance=C:;objectname=LogicalDisk',
      'PC-7',
    ],
    ['Prometheus', 'node_load1{instance="10.0.0.7:9100",job="node"}', '10.0.0.7:9100'],
    [
      'kube-state-metrics',
      'kube_pod_container_resource_limits{instance="ksm:8080",resource="cpu"}',
      'ksm:8080',
    ],
    [
      'OpenTelemetry, a service',
      'http.server.duration;host.name=n-1;service.instance.id=pod-9;service.name=shop',
      'pod-9',
    ],
    ['OpenTelemetry, a host', 'system.cpu.time;host.name=n-1;state=idle', 'n-1'],
    ['Datadog', 'system.load.1;env=prod;host=i-0abc', 'i-0abc'],
    ['Graphite, as its manual has it', 'disk.used;datacenter=dc1;rack=a1;server=web01', 'web01'],
    ['collectd, write_tsdb', 'load.load.shortterm;dc=x;fqdn=web.example.com', 'web.example.com'],
    ['a tag with nothing in it', 'a;host=;instance=x', 'x'],
    ['an escaped semicolon', 'a;host=b\\;c', 'b;c'],
    ['no tag that names one', 'a;color=red', null],
    ['no tags', 'servers.web-1.cpu', null],
    ['no tagged series', 'a;b;host', null],
  ])('is what %s calls it', (_sender, name, resource) => {
    expect(findPushedResource(toCanonicalName(name))).toBe(resource);
  });

  it('is short enough for an index however long the tag is', () => {
    const resource = findPushedResource(`a;host=${'h'.repeat(3000)}`);
    expect(resource).toMatch(/^h+…[0-9a-f]{32}$/);
    expect(resource).toHaveLength(255);
  });
});

describe('the name of a series on a resource', () => {
  it.each([
    ['cpu', 'web-3', 'cpu;resource=web-3'],
    ['cpu;env=prod', 'web-3', 'cpu;env=prod;resource=web-3'],
    ['cpu{env="prod"}', 'web-3', 'cpu;env=prod;resource=web-3'],
    ['cpu;host=web-3', 'web-3', 'cpu;host=web-3'],
    ['cpu;host=agent', 'web-3', 'cpu;host=agent;resource=web-3'],
    ['cpu', 'a;b', 'cpu;resource=a\\;b'],
    ['odd;name', 'web-3', 'odd\\;name;resource=web-3'],
  ])('%s on %s is %s', (name, resource, wanted) => {
    expect(nameOnResource(name, resource)).toBe(wanted);
    expect(toCanonicalName(wanted)).toBe(wanted);
  });
});

it('the tags of a series are read as its sender meant them', () => {
  expect([...readSeriesTags('m;a=1;b=x\\;y;c=')]).toEqual([
    ['a', '1'],
    ['b', 'x;y'],
    ['c', ''],
  ]);
  expect(readSeriesTags('m;a').size).toBe(0);
});
