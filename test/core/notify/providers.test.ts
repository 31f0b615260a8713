import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Message } from '../../../src/core/notify/message.ts';
import { describeTarget, sendMessage, type ChannelConfig } from '../../../src/core/notify/send.ts';
import { writeMessage } from '../../../src/core/notify/write-message.ts';
import { createOutbound } from '../../../src/platform/outbound/outbound-client.ts';
import { fc } from '../../helpers/property.ts';
import { makeIncident, makeRateIncident } from './incident-facts.ts';
import * as schemas from './provider-schemas.ts';
import { receiveHttp } from './receivers.ts';

const PAGE = 'https://lapwing.example';
const RUNBOOK = 'https://wiki.example/run_books/cpu';
const KEY = 'R0123456789abcdefghijklmnopqrstu';
const TOKEN = '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';
const context = { outbound: createOutbound({ allowed: 'all' }), mailer: null, publicUrl: PAGE };

type Kind = 'PAGERDUTY' | 'OPSGENIE' | 'TEAMS' | 'DISCORD' | 'TELEGRAM' | 'NTFY';
const KINDS: readonly Kind[] = ['PAGERDUTY', 'OPSGENIE', 'TEAMS', 'DISCORD', 'TELEGRAM', 'NTFY'];

const configure = (kind: Kind, url: string): ChannelConfig => {
  switch (kind) {
    case 'PAGERDUTY':
      return { kind, url: `${url}/v2/enqueue`, routingKey: KEY };
    case 'OPSGENIE':
      return { kind, url, apiKey: 'api-key' };
    case 'TEAMS':
      return { kind, url: `${url}/workflows/x?sig=secret` };
    case 'DISCORD':
      return { kind, url: `${url}/api/webhooks/1/t0ken?thread_id=7` };
    case 'TELEGRAM':
      return { kind, url, botToken: TOKEN, chatId: '-100123' };
    case 'NTFY':
      return { kind, url, topic: 'alerts', token: 'tk_secret' };
  }
};

const configureAny = (kind: Kind | 'SLACK' | 'WEBHOOK' | 'ALERTMANAGER', url: string): ChannelConfig => {
  if (kind === 'WEBHOOK') return { kind, url, secret: 'sixteen letters!' };
  return kind === 'SLACK' || kind === 'ALERTMANAGER' ? { kind, url } : configure(kind, url);
};

/** The documented body of a request, by the channel and the path it came to. */
const schemaOf = (kind: Kind, path: string): z.ZodType => {
  if (kind === 'OPSGENIE') return path.includes('/close') ? schemas.opsgenieClose : schemas.opsgenieAlert;
  return {
    PAGERDUTY: schemas.pagerDutyEvent,
    TEAMS: schemas.teamsMessage,
    DISCORD: schemas.discordMessage,
    TELEGRAM: schemas.telegramMessage,
    NTFY: schemas.ntfyMessage,
  }[kind];
};

const makeMessage = (
  kind: Message['kind'],
  incidents = [makeIncident()],
  texts: { readonly subject?: string; readonly body?: string } = {},
): Message => {
  const about = { id: '0f1e', kind, ruleName: 'all', count: incidents.length, incidents };
  const rule = { subject: null, body: null, timeZone: null, runbookUrl: RUNBOOK, ...texts };
  return {
    ...about,
    rule: { id: 'aa', name: 'all', runbookUrl: RUNBOOK },
    ...writeMessage(about, rule, PAGE),
  };
};
const endOf = (facts = makeIncident()) => ({
  ...facts,
  endedAt: new Date('2014-03-19T21:00:00Z'),
  endReason: 'RECOVERED',
});

/** What a receiver was sent, each held against the provider's schema. */
async function record(kind: Kind, messages: readonly Message[]) {
  await using receiver = await receiveHttp();
  for (const message of messages) {
    const outcome = await sendMessage(configure(kind, receiver.url), message, {
      ...context,
      now: () => new Date(),
    });
    expect(outcome).toEqual({ problem: null, leftOut: null, retryAfterMs: null });
  }
  return receiver.received.map(({ path, headers, body }) => {
    if (kind === 'TEAMS') expect(Buffer.byteLength(body)).toBeLessThanOrEqual(schemas.TEAMS_MAX_BYTES);
    const json: unknown = JSON.parse(body);
    expect(schemaOf(kind, path).safeParse(json).error).toBeUndefined();
    return { path, headers, json };
  });
}

describe.each(KINDS)('%s', (kind) => {
  it('is given what its provider documents, at the start, at the end and for a test', async () => {
    const start = makeMessage('START');
    const rate = makeMessage('START', [makeRateIncident()]);
    const sent = await record(kind, [start, rate, makeMessage('END', [endOf()]), makeMessage('TEST')]);
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(sent[1])).toContain('12 of 30 metrics anomalous (40 %)');
    expect(sent.map(({ headers }) => headers['content-type'])).toEqual(sent.map(() => 'application/json'));
    expect(sent.map(({ headers }) => headers['idempotency-key'])).toEqual(sent.map(() => '0f1e'));
  });

  it('takes whatever names and templates say, however long', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('@everyone', '<@1>', '[a](https://evil.example)', '*'.repeat(300), '𝒳'.repeat(200)),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, fc.integer({ min: 1, max: 20 }), async (name, body, count) => {
        const metricName = `m${name}`;
        const incidents = Array.from({ length: count }, () =>
          makeIncident({ metricName, server: metricName }),
        );
        const template = body.replaceAll(/[{}]/g, '');
        const long = {
          subject: `s{metric.name}`,
          body: `b{metric.name}${template}`.repeat(20).slice(0, 9000),
        };
        await record(kind, [
          makeMessage('START', incidents),
          makeMessage('START', incidents.slice(0, 1), long),
        ]);
      }),
      { numRuns: 8 },
    );
  });

  it.each(['_', 'ж', '𝒳', '"', '\u2028'])('takes names as long as names may be: %j', async (letter) => {
    const metricName = letter.repeat(4096 / letter.length);
    const server = letter.repeat(Math.floor(255 / letter.length));
    const one = makeIncident({ metricName, server, instance: server });
    const rate = makeRateIncident({ server, instance: server });
    const worst = Array.from({ length: 10 }, () => ({ ...one, metricUnit: server }));
    const group = { anomalousCount: 12, metricCount: 30, peakCount: 12, worst };
    await record(kind, [
      makeMessage('START', [one]),
      makeMessage('START', [{ ...rate, metricName, group }]),
      makeMessage('END', [endOf(one)]),
      makeMessage(
        'START',
        Array.from({ length: 20 }, () => one),
      ),
    ]);
  });

  it('says what was answered when the message was not taken, and nothing that is secret', async () => {
    await using receiver = await receiveHttp();
    receiver.answer(429);
    const config = configure(kind, receiver.url);
    const { problem } = await sendMessage(config, makeMessage('START'), {
      ...context,
      now: () => new Date(),
    });
    expect(problem).toBe(`${new URL(receiver.url).host} answered 429`);
    const shown = kind === 'TELEGRAM' ? `${receiver.url}, chat -100123` : receiver.url;
    expect(describeTarget(config)).toBe(shown);
  });

  it('goes to no private address unless that is allowed', async () => {
    await using receiver = await receiveHttp();
    const closed = { ...context, outbound: createOutbound({ allowed: [] }), now: () => new Date() };
    const { problem } = await sendMessage(configure(kind, receiver.url), makeMessage('START'), closed);
    expect(problem).toMatch(/LAPWING_ALLOW_PRIVATE_TARGETS/);
    expect(receiver.received).toEqual([]);
  });
});

/** What each provider answers to one that sends too much, as its documentation and its clients have it. */
const THROTTLED: readonly {
  readonly of: Kind | 'SLACK' | 'WEBHOOK' | 'ALERTMANAGER';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly seconds: number | null;
}[] = [
  { of: 'SLACK', headers: { 'retry-after': '30' }, body: '{"ok":false,"error":"ratelimited"}', seconds: 30 },
  { of: 'SLACK', body: '{"retry_after":1,"ok":false,"error":"rate_limited"}', seconds: 1 },
  {
    of: 'DISCORD',
    headers: { 'retry-after': '65', 'x-ratelimit-scope': 'user' },
    body: '{"message":"You are being rate limited.","retry_after":64.57,"global":false}',
    seconds: 65,
  },
  {
    of: 'DISCORD',
    body: '{"message":"You are being rate limited.","retry_after":0.3,"global":true}',
    seconds: 0.3,
  },
  {
    of: 'TELEGRAM',
    body: '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 15","parameters":{"retry_after":15}}',
    seconds: 15,
  },
  {
    of: 'TEAMS',
    headers: { 'retry-after': '17' },
    body: '{"error":{"code":"WorkflowThrottled"}}',
    seconds: 17,
  },
  {
    of: 'PAGERDUTY',
    headers: { 'ratelimit-reset': '42' },
    body: '{"status":"throttle exceeded"}',
    seconds: 42,
  },
  { of: 'PAGERDUTY', body: '{"status":"throttle exceeded"}', seconds: null },
  {
    of: 'OPSGENIE',
    headers: { 'x-ratelimit-state': 'THROTTLED', 'x-ratelimit-period-in-sec': '60' },
    body: '{"message":"You are making too many requests!","took":0.0}',
    seconds: 60,
  },
  { of: 'NTFY', body: '{"code":42901,"http":429,"error":"limit reached: too many requests"}', seconds: null },
  { of: 'WEBHOOK', status: 503, headers: { 'retry-after': '120' }, seconds: 120 },
  { of: 'WEBHOOK', status: 503, headers: { 'retry-after': '86400' }, body: '<html>', seconds: 600 },
  { of: 'WEBHOOK', status: 500, headers: { 'retry-after': '120' }, seconds: null },
  { of: 'ALERTMANAGER', headers: { 'retry-after': '5' }, seconds: 5 },
];

/** What each provider answers to what it does not take. */
const REFUSED: readonly {
  readonly of: Kind | 'SLACK' | 'WEBHOOK' | 'ALERTMANAGER';
  readonly status: number;
  readonly body: string;
  readonly reason: string;
}[] = [
  {
    of: 'TELEGRAM',
    status: 400,
    body: '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}',
    reason: ': Bad Request: chat not found',
  },
  {
    of: 'PAGERDUTY',
    status: 400,
    body: '{"status":"invalid event","message":"Event object is invalid","errors":["\'payload.source\' is missing or blank"]}',
    reason: ": Event object is invalid; 'payload.source' is missing or blank",
  },
  {
    of: 'OPSGENIE',
    status: 403,
    body: '{"message":"You are not authorized to perform this action","took":0.1,"requestId":"x"}',
    reason: ': You are not authorized to perform this action',
  },
  {
    of: 'DISCORD',
    status: 404,
    body: '{"message": "Unknown Webhook", "code": 10015}',
    reason: ': Unknown Webhook',
  },
  { of: 'DISCORD', status: 400, body: '{"embeds": ["0"]}', reason: '' },
  {
    of: 'TEAMS',
    status: 401,
    body: '{"error":{"code":"DirectApiAuthorizationRequired","message":"The request must be authenticated."}}',
    reason: ': The request must be authenticated.',
  },
  {
    of: 'NTFY',
    status: 403,
    body: '{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs/publish/#authentication"}',
    reason: ': forbidden',
  },
  { of: 'SLACK', status: 404, body: 'no_service', reason: ': no_service' },
  { of: 'SLACK', status: 403, body: 'invalid_token\n', reason: ': invalid_token' },
  // Its longest: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
  {
    of: 'SLACK',
    status: 403,
    body: 'posting_to_general_channel_denied',
    reason: ': posting_to_general_channel_denied',
  },
  { of: 'SLACK', status: 400, body: 'too_many_attachments', reason: ': too_many_attachments' },
  // Of the Web API, of its triggers and of Rocket.Chat, which say so in a success.
  { of: 'SLACK', status: 200, body: '{"ok":false,"error":"not_authed"}', reason: ': not_authed' },
  {
    of: 'SLACK',
    status: 200,
    body: '{"ok":false,"error":"posting_to_general_channel_denied"}',
    reason: ': posting_to_general_channel_denied',
  },
  { of: 'SLACK', status: 200, body: '{"success":false}', reason: ': the message was not taken' },
  {
    of: 'TELEGRAM',
    status: 200,
    body: '{"ok":false,"description":"Unauthorized"}',
    reason: ': Unauthorized',
  },
  // What a proxy shows to those who have not signed in.
  ...(
    ['SLACK', 'ALERTMANAGER', 'PAGERDUTY', 'OPSGENIE', 'TEAMS', 'DISCORD', 'TELEGRAM', 'NTFY'] as const
  ).map((of) => ({
    of,
    status: 200,
    body: '\n<!DOCTYPE html>\n<html><body>Sign in</body></html>',
    reason: ': a web page in place of the service',
  })),
  { of: 'SLACK', status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', reason: '' },
  { of: 'SLACK', status: 500, body: '', reason: '' },
  // What it repeats of the request may be secret.
  {
    of: 'TELEGRAM',
    status: 404,
    body: `{"description":"no such bot: ${TOKEN} at https://api.telegram.org/x"}`,
    reason: ': no such bot: 123456:… at …',
  },
  {
    of: 'OPSGENIE',
    status: 400,
    body: `{"message":"${'long '.repeat(1000)}\\u202e\\n"}`,
    reason: `: ${'long '.repeat(40).trim()}…`,
  },
  // These may lead anywhere: what answers there is nobody's business.
  { of: 'WEBHOOK', status: 400, body: '{"message":"internal"}', reason: '' },
  { of: 'ALERTMANAGER', status: 503, body: '{"message":"internal"}', reason: '' },
];

describe('a channel that refuses a message', () => {
  it.each(REFUSED)('is quoted: $of, $body', async ({ of, status, body, reason }) => {
    await using receiver = await receiveHttp();
    receiver.answer(status, { body });
    const { url } = receiver;
    const { problem } = await sendMessage(configureAny(of, url), makeMessage('START'), {
      ...context,
      now: () => new Date(),
    });
    expect(problem).toBe(`${new URL(url).host} answered ${status}${reason}`.trimEnd());
  });
});

describe('a group of Telegram that has become a supergroup', () => {
  // As Telegram answers: https://core.telegram.org/bots/api#responseparameters
  const body =
    '{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001557912345}}';
  const chatOf = (text: string) => (JSON.parse(text) as { readonly chat_id: string }).chat_id;
  const sendTo = async (url: string) =>
    sendMessage(configure('TELEGRAM', url), makeMessage('START'), { ...context, now: () => new Date() });

  it('is sent the message by its new number', async () => {
    await using receiver = await receiveHttp();
    receiver.answer((text) => (chatOf(text) === '-100123' ? 400 : 200), {
      body: body.replace('false', 'true'),
    });
    expect(await sendTo(receiver.url)).toMatchObject({ problem: null });
    expect(receiver.received.map((request) => chatOf(request.body))).toEqual(['-1001557912345']);
  });

  it('is tried once by it, and no more', async () => {
    await using receiver = await receiveHttp();
    const chats: string[] = [];
    receiver.answer(
      (text) => {
        chats.push(chatOf(text));
        return 400;
      },
      { body },
    );
    const { problem } = await sendTo(receiver.url);
    expect(problem).toMatch(/answered 400: Bad Request: group chat was upgraded to a supergroup chat$/);
    expect(chats).toEqual(['-100123', '-1001557912345']);
  });
});

/** What they answer to what they take. */
describe('a channel that takes a message', () => {
  it.each([
    ['SLACK', 200, 'ok'],
    ['SLACK', 200, '{"ok":true}'],
    ['SLACK', 200, '{"success":true}'],
    ['SLACK', 200, ''],
    ['SLACK', 204, ''],
    // Of something else that understands what Slack does.
    ['SLACK', 200, 'message_received'],
    ['PAGERDUTY', 202, '{"status":"success","message":"Event processed","dedup_key":"Incident:1"}'],
    ['OPSGENIE', 202, '{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c"}'],
    ['TEAMS', 202, ''],
    ['TEAMS', 200, '1'],
    ['DISCORD', 200, '{"id":"1","type":0,"content":"<html>"}'],
    ['TELEGRAM', 200, '{"ok":true,"result":{"message_id":1}}'],
    ['NTFY', 200, '{"id":"x","time":1,"event":"message","topic":"alerts","message":"no_service"}'],
    ['ALERTMANAGER', 200, ''],
    ['ALERTMANAGER', 200, '{"status":"success"}'],
    // Whatever says 2xx has taken a webhook.
    ['WEBHOOK', 200, '<html><body>Thanks</body></html>'],
    ['WEBHOOK', 200, '{"ok":false}'],
  ] as const)('is believed: %s, %i %s', async (of, status, body) => {
    await using receiver = await receiveHttp();
    receiver.answer(status, { body });
    const outcome = await sendMessage(configureAny(of, receiver.url), makeMessage('START'), {
      ...context,
      now: () => new Date(),
    });
    expect(outcome).toEqual({ problem: null, leftOut: null, retryAfterMs: null });
  });
});

describe('a channel that asks for a pause', () => {
  it.each(THROTTLED)('is heard: $of, $headers $body', async ({ of, status = 429, seconds, ...answer }) => {
    await using receiver = await receiveHttp();
    receiver.answer(status, answer);
    const { url } = receiver;
    expect(
      await sendMessage(configureAny(of, url), makeMessage('START'), { ...context, now: () => new Date() }),
    ).toEqual({
      problem: expect.stringMatching(new RegExp(`^${new URL(url).host} answered ${status}`)) as string,
      leftOut: null,
      retryAfterMs: seconds === null ? null : seconds * 1000,
    });
  });
});

const ID = makeIncident().id;
const LINK = `${PAGE}/incidents/Incident%3A${ID}`;

describe('one incident', () => {
  it('is one alert of PagerDuty from its start to its end', async () => {
    const sent = await record('PAGERDUTY', [makeMessage('START'), makeMessage('END', [endOf()])]);
    expect(sent.map(({ json }) => json)).toEqual([
      {
        routing_key: KEY,
        event_action: 'trigger',
        dedup_key: `Incident:${ID}`,
        client: 'Lapwing',
        client_url: LINK,
        links: [
          { href: LINK, text: 'Incident in Lapwing' },
          { href: RUNBOOK, text: 'Runbook' },
        ],
        payload: {
          summary:
            '[Lapwing] CRITICAL: AWS/ELB/RequestCount on us-west-2/AWS/ELB/grok-docs-elb: 1234.57 (+1130 % vs. expected)',
          source: 'us-west-2/AWS/ELB/grok-docs-elb',
          severity: 'critical',
          timestamp: '2014-03-19T20:23:00.000Z',
          component: 'AWS/ELB/RequestCount',
          class: 'anomaly',
          custom_details: {
            metric: 'AWS/ELB/RequestCount',
            instance: 'us-west-2/AWS/ELB/grok-docs-elb',
            region: 'us-west-2',
            value: '1234.57 (+1130 % vs. expected)',
            expected: '100 (90 to 110)',
            reason: 'The value is far above the expected range.',
            score: '0.999995',
            rule: 'all',
          },
        },
      },
      { routing_key: KEY, event_action: 'resolve', dedup_key: `Incident:${ID}` },
    ]);
  });

  it('is one alert of Opsgenie from its start to its end, under the same alias', async () => {
    const [start, end] = await record('OPSGENIE', [makeMessage('START'), makeMessage('END', [endOf()])]);
    expect(start?.path).toBe('/v2/alerts');
    expect(start?.headers.authorization).toBe('GenieKey api-key');
    expect(start?.json).toMatchObject({ alias: `Incident:${ID}`, priority: 'P1', details: { link: LINK } });
    expect(end?.path).toBe(`/v2/alerts/${encodeURIComponent(`Incident:${ID}`)}/close?identifierType=alias`);
    expect(end?.headers.authorization).toBe('GenieKey api-key');
  });

  it('replaces its start with its end on ntfy; a group stands for itself', async () => {
    const group = [makeIncident({ score: 0.99995 }), makeIncident({ score: 0.99992 })];
    const sent = await record('NTFY', [
      makeMessage('START'),
      makeMessage('END', [endOf()]),
      makeMessage('START', group),
    ]);
    expect(sent.map(({ path, headers }) => [path, headers.authorization])).toEqual(
      sent.map(() => ['/', 'Bearer tk_secret']),
    );
    expect(sent.map(({ json }) => json)).toMatchObject([
      { sequence_id: ID, priority: 5, click: LINK, actions: [{ label: 'Runbook', url: RUNBOOK }] },
      { sequence_id: ID, priority: 3, tags: ['white_check_mark'] },
      { priority: 3, tags: ['warning'], click: `${PAGE}/incidents` },
    ]);
    expect(sent[2]?.json).not.toHaveProperty('sequence_id');
  });

  it('is resolved at once where it is a test that would page somebody', async () => {
    const pager = await record('PAGERDUTY', [makeMessage('TEST')]);
    expect(pager.map(({ json }) => json)).toMatchObject([
      { event_action: 'trigger', payload: { severity: 'info' } },
      { event_action: 'resolve' },
    ]);
    const opsgenie = await record('OPSGENIE', [makeMessage('TEST')]);
    expect(opsgenie.map(({ path }) => path.includes('/close'))).toEqual([false, true]);
  });
});

describe('text for people', () => {
  const hostile = makeMessage('START', [
    makeIncident({
      metricName: '@everyone [x](https://evil.example) *b*',
      instance: 'cpu_idle',
      aspect: 'TREND',
    }),
  ]);

  it('is no markup and mentions nobody on Discord, which is asked whether it was kept', async () => {
    const [sent] = await record('DISCORD', [hostile]);
    expect(sent?.path).toBe('/api/webhooks/1/t0ken?thread_id=7&wait=true');
    expect(sent?.json).toMatchObject({
      embeds: [{ url: LINK, color: 0xd93025 }],
      allowed_mentions: { parse: [] },
    });
    const text = JSON.stringify(sent?.json);
    expect(text).toContain(String.raw`\\[x\\](https://evil.example)`);
    expect(text).toContain(`Runbook: ${RUNBOOK}`);
  });

  it.each([
    ['https://lapwing.example.com', true],
    ['http://192.168.1.7:4000', true],
    ['http://[fd00::7]:4000', true],
    ['http://localhost:4000', false],
    ['http://lapwing:4000/monitoring', false],
  ])('links to the page on Discord where that takes its address: %s', async (publicUrl, isTaken) => {
    await using receiver = await receiveHttp();
    const config = configure('DISCORD', receiver.url);
    await sendMessage(config, makeMessage('START'), { ...context, publicUrl, now: () => new Date() });
    const sent: unknown = JSON.parse(receiver.received[0]?.body ?? '');
    const { embeds } = schemas.discordMessage.parse(sent);
    expect(embeds[0]?.url).toBe(isTaken ? `${publicUrl}/incidents/Incident%3A${ID}` : undefined);
  });

  it('is cut for Opsgenie where all details are longer than it takes, the longest first', async () => {
    const long = (letter: string) => letter.repeat(700);
    const [metric] = makeRateIncident().group?.worst ?? [];
    if (metric === undefined) throw new Error('the group has no metric');
    const worst = Array.from({ length: 5 }, () => ({
      ...metric,
      metricName: long('m'),
      instance: long('i'),
    }));
    const incident = makeRateIncident({
      instance: long('i'),
      group: { anomalousCount: 12, metricCount: 30, peakCount: 12, worst },
    });
    const runbookUrl = `https://wiki.example/${'r'.repeat(2000)}`;
    const message = { ...makeMessage('START', [incident]), rule: { id: 'aa', name: 'all', runbookUrl } };
    const [sent] = await record('OPSGENIE', [message]);
    const { details = {} } = schemas.opsgenieAlert.parse(sent?.json);
    expect(details).toMatchObject({ rule: 'all', runbook: runbookUrl, instance: long('i') });
    expect(Object.entries(details).flat().join('')).toHaveLength(8000);
    expect(details.worst).toMatch(/…$/);
  });

  it('is a card of Teams with a block for each line, and buttons for the incident and the runbook', async () => {
    const [sent] = await record('TEAMS', [hostile]);
    expect(sent?.path).toBe('/workflows/x?sig=secret');
    const { body, actions } = schemas.teamsMessage.parse(sent?.json).attachments[0]?.content ?? {};
    expect(body?.[0]).toMatchObject({ weight: 'Bolder', color: 'Attention' });
    expect(body?.map(({ text }) => text)).toContain(String.raw`Instance: cpu\_idle`);
    expect(actions?.map(({ url }) => url)).toEqual([LINK, RUNBOOK]);
  });

  it('comes to Slack in blocks, beside the text that others understand', async () => {
    await using receiver = await receiveHttp();
    const { port } = new URL(receiver.url);
    const outbound = createOutbound({
      allowed: 'all',
      resolveName: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    const url = `http://hooks.slack.com:${port}/services/T/B/X`;
    const long = makeMessage('START', [makeIncident({ metricName: 'm<@U1>' })], {
      body: `${'&{metric.name} '.repeat(200)}\n\nsecond`.repeat(4),
      subject: 's'.repeat(200),
    });
    for (const message of [hostile, long]) {
      expect(
        await sendMessage({ kind: 'SLACK', url }, message, { ...context, outbound, now: () => new Date() }),
      ).toEqual({ problem: null, leftOut: null, retryAfterMs: null });
    }
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as unknown);
    for (const body of bodies) expect(schemas.slackMessage.safeParse(body).error).toBeUndefined();
    expect(bodies[0]).toMatchObject({
      blocks: [
        { type: 'header', text: { text: hostile.subject } },
        { type: 'section', text: { text: hostile.text.trim() } },
        {
          type: 'actions',
          elements: [
            { url: LINK },
            { url: `${LINK}?offer=acknowledge` },
            { url: `${LINK}?offer=silence` },
            { url: RUNBOOK },
          ],
        },
      ],
    });
    expect(JSON.stringify(bodies)).not.toContain('<@U1>');
  });

  it('is plain on Telegram, in the chat that was named', async () => {
    const [sent] = await record('TELEGRAM', [hostile]);
    expect(sent?.path).toBe(`/bot${TOKEN}/sendMessage`);
    expect(sent?.json).toEqual({
      chat_id: '-100123',
      text: `${hostile.subject}\n\n${hostile.text}`,
      link_preview_options: { is_disabled: true },
    });
  });
});
