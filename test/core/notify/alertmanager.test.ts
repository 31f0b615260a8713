import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AlertmanagerConfig, sendAlerts } from '../../../src/core/notify/alertmanager.ts';
import { createOutbound } from '../../../src/platform/outbound/outbound-client.ts';
import { fc } from '../../helpers/property.ts';
import { KEPT_OPEN } from '../../helpers/kept-open.ts';
import type { IncidentFacts } from '../../../src/core/notify/message.ts';
import { makeIncident, makeRateIncident } from './incident-facts.ts';

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const MINUTE = 60_000;
const outbound = createOutbound({ allowed: 'all' });

/** Checks alerts as Alertmanager's API does: all are looked at, the good ones are kept, and one bad one makes it a 400. */
function isValid({ labels, startsAt, endsAt }: Alert): boolean {
  return !Object.values(labels).includes('bad') && Date.parse(startsAt) <= Date.parse(endsAt);
}

describe('alerts for Alertmanager', () => {
  const kept = new Map<string, Alert>();
  let requests = 0;
  let status: number | null = null;
  let authorization: string | undefined;
  const server = createServer(KEPT_OPEN, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests += 1;
      ({ authorization } = request.headers);
      const alerts = JSON.parse(Buffer.concat(parts).toString()) as Alert[];
      if (status !== null) return response.writeHead(status).end();
      for (const alert of alerts.filter(isValid)) kept.set(alert.labels.metric ?? '', alert);
      return response.writeHead(alerts.every(isValid) ? 200 : 400).end();
    });
  });
  let url = '';
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    kept.clear();
    requests = 0;
    status = null;
  });

  const send = (
    incidents: readonly { readonly name: string; readonly startedMs: number; readonly endedMs?: number }[],
    kind: 'START' | 'END' | 'TEST' = 'START',
    credentials: Omit<AlertmanagerConfig, 'kind' | 'url'> = {},
  ) =>
    sendAlerts(
      { kind: 'ALERTMANAGER', url, ...credentials },
      {
        kind,
        rule: { id: 'r', name: 'all', runbookUrl: null },
        incidents: incidents.map(({ name, startedMs, endedMs }) =>
          makeIncident({
            metricName: name,
            startedAt: new Date(startedMs),
            endedAt: endedMs === undefined ? null : new Date(endedMs),
          }),
        ),
      },
      'message',
      { outbound, now: () => new Date(NOW_MS) },
    );

  // https://www.rfc-editor.org/rfc/rfc7617#section-2 and -2.1, https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  it.each([
    [{}, undefined],
    [{ username: 'Aladdin', password: 'open sesame' }, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    [{ username: 'test', password: '123\u00a3' }, 'Basic dGVzdDoxMjPCow=='],
    [{ token: 'mF_9.B5f-4.1JqM' }, 'Bearer mF_9.B5f-4.1JqM'],
  ])('are sent with %j as a proxy in front of it asks', async (credentials, header) => {
    await send([{ name: 'a', startedMs: NOW_MS }], 'START', credentials);
    expect(authorization).toBe(header);
  });

  it.each([
    ['now', 0],
    ['a quarter of an hour ahead', 15 * MINUTE],
    ['local time sent as UTC, in Tokyo', 9 * 60 * MINUTE],
    ['a day behind', -24 * 60 * MINUTE],
  ])('of points whose clock is %s are taken at once, and fire', async (_, skewMs) => {
    expect(await send([{ name: 'a', startedMs: NOW_MS + skewMs }])).toEqual({
      failure: null,
      refused: 0,
      reason: null,
    });
    const { startsAt = '', endsAt = '' } = kept.get('a') ?? {};
    expect(Date.parse(startsAt)).toBe(NOW_MS + Math.min(0, skewMs));
    expect(Date.parse(endsAt)).toBe(NOW_MS + 4 * MINUTE);
  });

  it('never start later than now or end before they start, and are over when they are', async () => {
    const ms = fc.integer({ min: -100 * MINUTE, max: 100 * MINUTE });
    await fc.assert(
      fc.asyncProperty(ms, fc.option(ms, { nil: undefined }), async (start, end) => {
        const endedMs = end === undefined ? {} : { endedMs: NOW_MS + end };
        const outcome = await send(
          [{ name: 'a', startedMs: NOW_MS + start, ...endedMs }],
          end === undefined ? 'START' : 'END',
        );
        expect(outcome.refused).toBe(0);
        const { startsAt = '', endsAt = '' } = kept.get('a') ?? {};
        expect(Date.parse(startsAt)).toBeLessThanOrEqual(NOW_MS);
        if (end !== undefined) expect(Date.parse(endsAt)).toBeLessThanOrEqual(NOW_MS);
      }),
      { numRuns: 40 },
    );
  });

  it('of metrics that share their name and resource are alerts of their own, each with its own end', async () => {
    const labelsOf = async (metricId: string | null, facts: Partial<IncidentFacts> = {}) => {
      await sendAlerts(
        { kind: 'ALERTMANAGER', url },
        {
          kind: 'START',
          rule: { id: 'r', name: 'all', runbookUrl: null },
          incidents: [{ ...makeIncident({ metricName: 'cpu.usage', server: 'web' }), ...facts, metricId }],
        },
        'message',
        { outbound, now: () => new Date(NOW_MS) },
      );
      return kept.get('cpu.usage')?.labels;
    };
    const [cpu0, cpu1] = [await labelsOf('a0'), await labelsOf('a1')];
    expect(cpu0).toMatchObject({ metric_id: 'Metric:a0', metric: 'cpu.usage', server: 'web' });
    expect(cpu1).not.toEqual(cpu0);
    const ended = { endedAt: new Date(NOW_MS), endReason: 'RECOVERED' };
    expect(await labelsOf('a0', ended)).toEqual(cpu0);
    // An empty label is none for Alertmanager.
    expect(await labelsOf(null)).not.toHaveProperty('metric_id');
    // Its metric is only the worst of many, and may be deleted while the others go on.
    const { group } = makeRateIncident({});
    expect(await labelsOf('a0', { group })).toEqual(await labelsOf(null, { group }));
  });

  /** Default of `group_wait`: https://prometheus.io/docs/alerting/latest/configuration/#route */
  const GROUP_WAIT_MS = 30_000;

  it('of a test fire until Alertmanager has looked at their group, and page nobody for minutes', async () => {
    await send([{ name: 'a', startedMs: NOW_MS }], 'TEST');
    const { labels, startsAt = '', endsAt = '' } = kept.get('a') ?? {};
    expect(labels?.alertname).toBe('LapwingTest');
    expect(Date.parse(startsAt)).toBe(NOW_MS);
    expect(Date.parse(endsAt)).toBeGreaterThan(NOW_MS + 1.5 * GROUP_WAIT_MS);
    expect(Date.parse(endsAt)).toBeLessThanOrEqual(NOW_MS + MINUTE);
  });

  it('that are refused keep none of their neighbours waiting, of five hundred or of the next', async () => {
    const incidents = Array.from({ length: 1200 }, (_, index) => ({
      name: index === 77 || index === 700 ? 'bad' : `m${index}`,
      startedMs: NOW_MS,
    }));
    const outcome = await send(incidents);
    expect(outcome).toEqual({
      failure: null,
      refused: 2,
      reason: expect.stringContaining('answered 400') as string,
    });
    expect(kept.size).toBe(1198);
    expect(requests).toBeLessThan(50);
  });

  it.each([401, 404, 429, 500, 503])(
    'are all sent again after a %i, which says nothing of them',
    async (answer) => {
      status = answer;
      const incidents = Array.from({ length: 600 }, (_, index) => ({ name: `m${index}`, startedMs: NOW_MS }));
      const outcome = await send(incidents);
      expect(outcome).toMatchObject({
        failure: { problem: expect.stringContaining(String(answer)) as string },
        refused: 0,
      });
      expect(requests).toBe(1);
    },
  );
});
