import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nameAlertsUrl } from '../../../../src/core/notify/alertmanager.ts';
import { createMailer, isMailAddress, type Mailer } from '../../../../src/core/notify/email.ts';
import type { Message } from '../../../../src/core/notify/message.ts';
import {
  describeTarget,
  hideTargetPath,
  sendMessage,
  type ChannelConfig,
  type SendContext,
} from '../../../../src/core/notify/send.ts';
import { createOutbound } from '../../../../src/platform/outbound/outbound-client.ts';
import { makeIncident } from '../../notify/incident-facts.ts';
import { receiveHttp, receiveMail } from '../../notify/receivers.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const context: SendContext = { outbound: createOutbound({ allowed: 'all' }), mailer: null, now: () => NOW };
const message: Message = {
  id: '0f1e',
  kind: 'START',
  rule: { id: 'aa', name: 'all', runbookUrl: null },
  count: 1,
  incidents: [makeIncident()],
  subject: 'Unusual: <b>',
  text: 'one & two',
};

const send = async (config: ChannelConfig, what: Message, within: SendContext): Promise<string | null> =>
  (await sendMessage(config, what, within)).problem;

describe('a webhook', () => {
  it('is signed over time and body, with the same key at every attempt', async () => {
    await using receiver = await receiveHttp();
    const config = { kind: 'WEBHOOK', url: `${receiver.url}/hook`, secret: 'sixteen letters!' } as const;
    expect(await send(config, message, context)).toBeNull();
    const [{ headers, body, path } = { headers: {}, body: '', path: '' }] = receiver.received;
    expect(path).toBe('/hook');
    expect(headers['idempotency-key']).toBe('0f1e');
    const seconds = NOW.getTime() / 1000;
    const expected = createHmac('sha256', config.secret).update(`${seconds}.${body}`).digest('hex');
    expect(headers['lapwing-signature']).toBe(`t=${seconds},v1=${expected}`);
    expect(JSON.parse(body)).toMatchObject({
      id: '0f1e',
      kind: 'START',
      rule: { id: 'NotificationRule:aa', name: 'all' },
      count: 1,
      incidents: [{ metric: { name: 'AWS/ELB/RequestCount' }, expected: { value: 100, low: 90, high: 110 } }],
    });
  });

  it('says what the receiver answered when it did not take the message', async () => {
    await using receiver = await receiveHttp();
    receiver.answer(503);
    const config = { kind: 'WEBHOOK', url: receiver.url, secret: 'sixteen letters!' } as const;
    expect(await send(config, message, context)).toBe(`${new URL(receiver.url).host} answered 503`);
  });

  it('goes to no private address unless that is allowed', async () => {
    await using receiver = await receiveHttp();
    const config = { kind: 'WEBHOOK', url: receiver.url, secret: 'sixteen letters!' } as const;
    const closed = { ...context, outbound: createOutbound({ allowed: [] }) };
    expect(await send(config, message, closed)).toMatch(/LAPWING_ALLOW_PRIVATE_TARGETS/);
    expect(receiver.received).toEqual([]);
  });
});

describe('Alertmanager', () => {
  it('is given alerts that are over soon unless they are sent again, and over at once when they ended', async () => {
    await using receiver = await receiveHttp();
    const config = { kind: 'ALERTMANAGER', url: `${receiver.url}/am/` } as const;
    await send(config, message, context);
    const endedAt = new Date('2026-11-20T11:59:00Z');
    const end: Message = { ...message, kind: 'END', incidents: [makeIncident({ endedAt })] };
    await send(config, end, context);
    const [first, last] = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>[]);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/am/api/v2/alerts', '/am/api/v2/alerts']);
    const labels = {
      alertname: 'LapwingAnomaly',
      rule: 'all',
      metric: 'AWS/ELB/RequestCount',
      server: 'us-west-2/AWS/ELB/grok-docs-elb',
      region: 'us-west-2',
    };
    expect(first).toMatchObject([
      { labels, startsAt: '2014-03-19T20:23:00.000Z', endsAt: '2026-11-20T12:04:00.000Z' },
    ]);
    expect(last).toMatchObject([{ labels, endsAt: endedAt.toISOString() }]);
  });

  it('may be named with or without the path of its API', () => {
    const urls = ['http://am:9093', 'http://am:9093/', 'http://am:9093/api/v2/alerts'];
    expect(urls.map((url) => nameAlertsUrl(url).href)).toEqual(Array(3).fill('http://am:9093/api/v2/alerts'));
  });
});

describe('Slack', () => {
  it('is given text in which nothing can be a mention or a link', async () => {
    await using receiver = await receiveHttp();
    await send({ kind: 'SLACK', url: `${receiver.url}/services/T/B/X` }, message, context);
    expect(receiver.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { text: '*Unusual: &lt;b&gt;*\none &amp; two' },
    ]);
  });
});

it('what understands messages of Slack is sent no more than Rocket.Chat takes unless told otherwise', async () => {
  await using receiver = await receiveHttp();
  const long = { ...message, text: '<&>𝒳'.repeat(3000) };
  await send({ kind: 'SLACK', url: receiver.url }, long, context);
  const { text } = JSON.parse(receiver.received[0]?.body ?? '') as { readonly text: string };
  // Its setting Message_MaxAllowedSize.
  expect(text.length).toBeLessThanOrEqual(5000);
  expect(text.length).toBeGreaterThan(4800);
});

/** As mail writes texts with long lines. */
function decodeQuotedPrintable(text: string): string {
  return text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** @param part of a mail, with its headers */
function decodeText(part: string): string {
  const [headers = '', body = ''] = part.split('\r\n\r\n');
  return headers.includes('base64')
    ? Buffer.from(body.split('--')[0] ?? '', 'base64').toString('latin1')
    : decodeQuotedPrintable(body);
}

describe('e-mail', () => {
  describe('that some addresses are not taken of', () => {
    const from = 'lapwing@example.com';
    const [good, other, gone, busy] = [
      'a@example.com',
      'b@Bücher.example',
      'gone@c.example',
      'busy@d.example',
    ];
    const GONE = [550, '5.1.1 no such user'] as const;
    const GREYLISTED = [451, '4.7.1 try again later'] as const;
    const deliver = async (to: readonly string[], mailer: Mailer) =>
      sendMessage({ kind: 'EMAIL', to }, message, { ...context, mailer });

    it('goes to the others, and says which it never goes to', async () => {
      await using receiver = await receiveMail(new Map([[gone, GONE]]));
      const mailer = createMailer({ url: receiver.url, from });
      expect(await deliver([good, gone], mailer)).toEqual({
        problem: null,
        leftOut: expect.stringMatching(/^1 of 2 addresses: .*550.*no such user/) as unknown,
        retryAfterMs: null,
      });
      expect(receiver.mails.map(({ to }) => to)).toEqual([[good]]);
    });

    it('fails for as long as one is not taken yet, and goes once to those that took it', async () => {
      const replies = new Map<string, readonly [number, string]>([
        [gone, GONE],
        [busy, GREYLISTED],
      ]);
      await using receiver = await receiveMail(replies);
      const mailer = createMailer({ url: receiver.url, from });
      const to = [good, gone, busy, other];
      expect((await deliver(to, mailer)).problem).toMatch(
        /2 of 4 addresses: .*550.*; .*451.*try again later/,
      );
      expect((await deliver(to, mailer)).problem).toMatch(/451/);
      replies.delete(busy);
      expect(await deliver(to, mailer)).toMatchObject({
        problem: null,
        leftOut: expect.stringMatching(/^1 of 4 addresses: .*550/) as unknown,
      });
      expect(receiver.mails.map((mail) => mail.to)).toEqual([[good, 'b@bücher.example'], [busy]]);
      expect(receiver.mails[1]?.text).toContain(good);
    });

    it('fails where all of them are refused', async () => {
      await using receiver = await receiveMail(new Map([[gone, GONE]]));
      const mailer = createMailer({ url: receiver.url, from });
      expect((await deliver([gone], mailer)).problem).toMatch(/550.*no such user/);
    });
  });

  it('reaches everybody it is for, by an SMTP server that wants a login', async () => {
    await using receiver = await receiveMail();
    const mailer = createMailer({ url: receiver.url, from: 'Lapwing <lapwing@example.com>' });
    const to = ['ops@example.com', 'dev@example.com'];
    expect(await send({ kind: 'EMAIL', to }, message, { ...context, mailer })).toBeNull();
    const [mail] = receiver.mails;
    expect(mail?.to).toEqual(to);
    expect(mail?.text).toMatch(/^From: Lapwing <lapwing@example.com>\r\n/m);
    expect(mail?.text).toMatch(/^Subject: Unusual: <b>\r\n/m);
    expect(mail?.text).toMatch(/^Message-ID: <0f1e@lapwing>\r\n/m);
    expect(mail?.text).toContain('one & two');
  });

  it('is a text and the same as HTML, in which nothing of the text is markup; start and end are one thread', async () => {
    await using receiver = await receiveMail();
    const mailer = createMailer({ url: receiver.url, from: 'lapwing@example.com' });
    const within = { ...context, mailer, publicUrl: 'https://lapwing.example' };
    const rule = { id: 'aa', name: 'all', runbookUrl: 'https://wiki.example/a?b="c' };
    const start = { ...message, rule, text: 'one & two\nthree\n\n<img src=x>' };
    const end: Message = { ...start, id: '0f1f', kind: 'END' };
    for (const what of [start, end]) {
      expect(await send({ kind: 'EMAIL', to: ['ops@example.com'] }, what, within)).toBeNull();
    }
    const [mail = '', last = ''] = receiver.mails.map(({ text }) => decodeQuotedPrintable(text));
    expect(mail).toMatch(/^Content-Type: multipart\/alternative;/m);
    expect(mail.indexOf('Content-Type: text/plain')).toBeLessThan(mail.indexOf('Content-Type: text/html'));
    expect(mail).toContain('<p>one &amp; two<br>three</p>');
    expect(mail).toContain('<p>&lt;img src=x&gt;</p>');
    const page = `https://lapwing.example/incidents/Incident%3A${makeIncident().id}`;
    expect(mail).toContain(`<a href="${page}">Open in Lapwing</a>`);
    expect(mail).toContain('<a href="https://wiki.example/a?b=&quot;c">Runbook</a>');
    const references = `References: <incident-${makeIncident().id}@lapwing>`;
    expect([mail.includes(references), last.includes(references)]).toEqual([true, true]);
    expect(last).toContain('Message-ID: <0f1f@lapwing>');
  });

  it.each(['x'.repeat(4096), `${'x'.repeat(990)} y`, 'ж'.repeat(4096), '.\n'.repeat(500)])(
    'has no line a mail server would refuse, whatever it says',
    async (words) => {
      await using receiver = await receiveMail();
      const mailer = createMailer({ url: receiver.url, from: 'lapwing@example.com' });
      const subject = words.replaceAll(/\s+/g, ' ').trim();
      const what = { ...message, subject, text: words };
      expect(await send({ kind: 'EMAIL', to: ['ops@example.com'] }, what, { ...context, mailer })).toBeNull();
      const [mail] = receiver.mails;
      // https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
      expect(Math.max(...(mail?.text ?? '').split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(
        998,
      );
      // The title has all of it.
      const html = decodeText(mail?.text.split('text/html')[1] ?? '');
      expect(html).toContain(Buffer.from(subject).toString('latin1'));
    },
  );

  it('says what is wrong when there is no SMTP server, or none that answers', async () => {
    expect(await send({ kind: 'EMAIL', to: ['a@b.c'] }, message, context)).toMatch(/LAPWING_SMTP_URL/);
    const mailer = createMailer({ url: 'smtp://127.0.0.1:1', from: 'a@b.c' });
    expect(await send({ kind: 'EMAIL', to: ['a@b.c'] }, message, { ...context, mailer })).toMatch(
      /ECONNREFUSED/,
    );
  });

  // Half of a character, and what PostgreSQL stores no text with, would fail the rule.
  it.each(['a@b\u0000.c', 'a@b.c\u0007', '\ud800@b.c'])('is not sent to %j', (text) => {
    expect(isMailAddress(text)).toBe(false);
  });

  it.each(['a@b.c\r\nBcc: x@y.z', 'a', 'A <a@b.c>', 'a@b.c, d@e.f', '@b', ''])(
    'is not sent to %j',
    (text) => {
      expect(isMailAddress(text)).toBe(false);
    },
  );
});

describe('what is shown of a channel', () => {
  it.each([
    ['WEBHOOK', 'https://example.com/hook/T0K3N', 'https://example.com/…'],
    ['WEBHOOK', 'https://example.com/', 'https://example.com/'],
    ['ALERTMANAGER', 'http://am:9093/prefix', 'http://am:9093/prefix'],
    ['EMAIL', 'a@b.c, d@e.f', 'a@b.c, d@e.f'],
  ] as const)('was stored with its path by earlier versions: %s %s', (kind, stored, shown) => {
    expect(hideTargetPath(kind, stored)).toBe(shown);
  });

  it('holds nothing secret', () => {
    const secret = 'sixteen letters!';
    expect([
      describeTarget({ kind: 'WEBHOOK', url: 'https://example.com/hook?token=x', secret }),
      describeTarget({ kind: 'ALERTMANAGER', url: 'http://am:9093/' }),
      describeTarget({ kind: 'SLACK', url: 'https://hooks.slack.com/services/T/B/X' }),
      describeTarget({ kind: 'EMAIL', to: ['a@b.c', 'd@e.f'] }),
    ]).toEqual(['https://example.com/…', 'http://am:9093/', 'https://hooks.slack.com', 'a@b.c, d@e.f']);
  });
});
