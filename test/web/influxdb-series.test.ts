import { describe, expect, it } from 'vitest';
import { nameMeasurement, writeSeries } from '../../src/web/add/influxdb-series.ts';

const type = { name: 'InfluxDB/shop/eu/queue', namespace: 'InfluxDB/shop/eu' };
const draft = {
  field: 'depth',
  tags: { host: ' web-1 ', zone: '' },
  aggregate: 'MAX',
  periodSeconds: 30,
  resourceTag: '',
} as const;

describe('a series of InfluxDB', () => {
  it('is named by its bucket and measurement, slashes and all', () => {
    expect(nameMeasurement(type)).toEqual({ bucket: 'shop/eu', measurement: 'queue' });
    const slashed = { name: 'InfluxDB/b/http/requests', namespace: 'InfluxDB/b' };
    expect(nameMeasurement(slashed)).toEqual({ bucket: 'b', measurement: 'http/requests' });
  });

  it('leaves out tags without a value, and a resource named by one', () => {
    expect(writeSeries(type, { ...draft, resourceTag: 'zone' })).toEqual({
      bucket: 'shop/eu',
      measurement: 'queue',
      field: 'depth',
      tags: [{ key: 'host', value: 'web-1' }],
      aggregate: 'MAX',
      periodSeconds: 30,
    });
    expect(writeSeries(type, { ...draft, resourceTag: 'host' })).toMatchObject({ resourceTag: 'host' });
  });
});
