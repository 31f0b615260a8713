/**
 * The page of received messages: one scripted incident is sent by the code that sends, to receivers that write down what
 * comes. `npm run docs` writes it, and a test compares it, so that what is shown is what is sent.
 */
import { createMailer } from '../src/core/notify/email.ts';
import type { IncidentFacts, Message, MessageKind } from '../src/core/notify/message.ts';
import { type ChannelConfig, sendMessage } from '../src/core/notify/send.ts';
import { writeMessage } from '../src/core/notify/write-message.ts';
import { createOutbound } from '../src/platform/outbound/outbound-client.ts';
import { receiveHttp, receiveMail } from '../test/core/notify/receivers.ts';

const PAGE = 'https://lapwing.example.com';
const RUNBOOK = 'https://wiki.example.com/runbooks/cpu';
const SECRET = 'at least sixteen characters';
const START = new Date('2026-11-23T04:54:00Z');
const END = new Date('2026-11-23T05:36:00Z');

const INCIDENT: IncidentFacts = {
  id: 'bccb62ba-c794-4903-a6d8-656f2b18188a',
  kind: 'ANOMALY',
  metricId: '50a3d38e-2fdb-482c-925f-21413b7735e3',
  metricName: 'AWS/EC2/CPUUtilization',
  metricUnit: 'Percent',
  instance: 'web (i-0123456789)',
  server: 'eu-central-1/AWS/EC2/i-0123456789',
  location: 'eu-central-1',
  datasource: 'CLOUDWATCH',
  startedAt: START,
  endedAt: null,
  endReason: null,
  score: 0.999_999,
  value: 97.5,
  expected: 41.2,
  low: 35,
  high: 48,
  aspect: 'LEVEL',
  group: null,
};

/** The incident's messages, as the dispatcher has them written. */
function makeMessage(kind: Exclude<MessageKind, 'TEST'>): Message {
  const ended = kind === 'END' ? { endedAt: END, endReason: 'RECOVERED' } : {};
  const about = { kind, count: 1, incidents: [{ ...INCIDENT, ...ended }] };
  const id =
    kind === 'START' ? 'bdaccea7-7c51-4573-9dac-1de25f263121' : '0d9c2a43-4f6e-4d0e-8a0b-6a3e4a4f7c52';
  const rule = { id: '812a9ef4-8af6-446c-bf79-73e5043de1df', name: 'web', runbookUrl: RUNBOOK };
  const texts = { subject: null, body: null, timeZone: null, runbookUrl: RUNBOOK };
  return { id, rule, ...about, ...writeMessage({ id, ruleName: rule.name, ...about }, texts, PAGE) };
}

/** @returns the page, without its title */
export async function writeReceivedMessages(): Promise<string> {
  await using http = await receiveHttp();
  await using mail = await receiveMail();
  const { port } = new URL(http.url);
  const context = {
    // Slack is known by its name; everything else about the way there is as it always is.
    outbound: createOutbound({
      allowed: 'all',
      resolveName: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    }),
    mailer: createMailer({ url: mail.url, from: 'lapwing@example.com' }),
    publicUrl: PAGE,
    now: () => START,
  };
  const send = async (config: ChannelConfig, kind: Exclude<MessageKind, 'TEST'>) => {
    const { problem } = await sendMessage(config, makeMessage(kind), context);
    if (problem !== null) throw new Error(`${config.kind}: ${problem}`);
  };
  const receive = async (config: ChannelConfig) => {
    await send(config, 'START');
    await send(config, 'END');
    const [start, end] = http.received.slice(-2);
    return { start: showJson(start?.body), end: showJson(end?.body), headers: start?.headers ?? {} };
  };
  await send({ kind: 'EMAIL', to: ['oncall@example.com'] }, 'START');
  await send({ kind: 'EMAIL', to: ['oncall@example.com'] }, 'END');
  const slack = await receive({ kind: 'SLACK', url: `http://hooks.slack.com:${port}/services/T0/B0/X` });
  const pager = await receive({
    kind: 'PAGERDUTY',
    url: `${http.url}/v2/enqueue`,
    routingKey: 'R0123456789abcdefghijklmnopqrstu',
  });
  const hook = await receive({ kind: 'WEBHOOK', url: `${http.url}/hook`, secret: SECRET });
  const signed = String(hook.headers['lapwing-signature']);
  return [
    '## E-mail',
    'In plain text, for readers without HTML:',
    showText(readPart(mail.mails[0]?.text ?? '', 'text/plain')),
    'In HTML, as it comes:',
    showCode('html', readPart(mail.mails[0]?.text ?? '', 'text/html')),
    'At its end, in the same thread:',
    showText(readPart(mail.mails[1]?.text ?? '', 'text/plain')),
    '## Slack',
    slack.start,
    'At its end:',
    slack.end,
    '## PagerDuty',
    pager.start,
    'At its end:',
    pager.end,
    '## Webhook',
    `With the header \`Lapwing-Signature: ${signed}\`, made with the secret \`${SECRET}\`:`,
    hook.start,
    'At its end:',
    hook.end,
  ].join('\n\n');
}

const showCode = (language: string, text: string) => `\`\`\`${language}\n${text.trim()}\n\`\`\``;
const showText = (text: string) => showCode('text', text);
const showJson = (body = '{}') => showCode('json', JSON.stringify(JSON.parse(body), null, 2));

const SHOWN_HEADERS = /^(?:From|To|Subject|Message-ID|References): .*(?:\n[ \t].*)*/gim;

/** The mail's headers that people and mailboxes look at, and one part of it, decoded. */
function readPart(mail: string, type: string): string {
  const text = mail.replaceAll('\r\n', '\n');
  const [head = ''] = text.split('\n\n', 1);
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(head) ?? [];
  const part = text.split(`--${boundary}`).find((one) => one.includes(`Content-Type: ${type}`)) ?? '';
  const [partHead = ''] = part.trim().split('\n\n', 1);
  const body = part.trim().slice(partHead.length).trim();
  const isQuoted = /quoted-printable/i.test(partHead);
  const headers = type === 'text/plain' ? `${(head.match(SHOWN_HEADERS) ?? []).join('\n')}\n\n` : '';
  return `${headers}${isQuoted ? decodeQuoted(body) : body}`;
}

/** RFC 2045, section 6.7. */
function decodeQuoted(text: string): string {
  const bytes = text
    .replaceAll(/=\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
