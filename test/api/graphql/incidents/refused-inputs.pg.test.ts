/** What the mutations of incidents, rules and silences say of an input they do not take: which field, which value, what was expected. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const NUL = 'a\u0000b';
const KEEPS_NO = 'expected no U+0000 and no half of a character, got "a\\u0000b"';
const weekly = { weekdays: ['MONDAY'], from: '22:00', to: '02:00', timeZone: 'UTC' };

let server: TestServer;
let ruleId: string;

beforeAll(async () => {
  server = await startServer();
  await server.engine.accept.acceptNamed([{ metric: 'web', timestampMs: 0, value: 1 }]);
  const { createNotificationRule } = await read<{ createNotificationRule: { id: string } }>(
    server,
    'mutation { createNotificationRule(input: { name: "all" }) { ... on NotificationRule { id } } }',
  );
  ruleId = createNotificationRule.id;
});

afterAll(() => server[Symbol.asyncDispose]());

interface Failure {
  readonly __typename: string;
  readonly message: string;
  readonly path?: readonly string[];
}

async function refuse(mutation: string, input: Record<string, unknown>): Promise<Failure> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const { result } = await read<{ result: Failure }>(
    server,
    `mutation ($input: ${type}!) { result: ${mutation}(input: $input) {
      __typename ... on Error { message } ... on InvalidInputError { path } } }`,
    { input },
  );
  return result;
}

/** What stands at the place, in what was sent. */
function follow(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], { input });
}

describe('a value that is refused', () => {
  const rule = (change: object) => ['updateNotificationRule', change] as const;
  const windows = (window: object) => rule({ maintenanceWindows: [{ weekly }, window] });
  it.each([
    ['maintenanceWindows.1.weekly.from: ', '25:00', windows({ weekly: { ...weekly, from: '25:00' } })],
    ['maintenanceWindows.1.weekly.timeZone: ', 'Mars', windows({ weekly: { ...weekly, timeZone: 'Mars' } })],
    [
      'maintenanceWindows.1.holidays.dates.0: ',
      '02-30',
      windows({ holidays: { dates: ['02-30'], timeZone: 'UTC' } }),
    ],
    [
      'maintenanceWindows.1.once.end: ',
      '2026-01-01T00:00:00.000Z',
      windows({ once: { start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00.000Z' } }),
    ],
    ['sensitivity: ', 1, rule({ sensitivity: 1 })],
    ['timeZone: ', 'Mars', rule({ timeZone: 'Mars' })],
    ['channels.0.keep: ', 'x', rule({ channels: [{ keep: 'x' }] })],
    [`input.subject: ${KEEPS_NO}`, NUL, rule({ subject: NUL })],
    [`input.body: ${KEEPS_NO}`, NUL, rule({ body: NUL })],
    [`input.scope.namePattern: ${KEEPS_NO}`, NUL, rule({ scope: { namePattern: NUL } })],
    [`input.scope.servers.1: ${KEEPS_NO}`, NUL, rule({ scope: { servers: ['a', NUL] } })],
    [
      `input.scope.tags.0.values.0: ${KEEPS_NO}`,
      NUL,
      rule({ scope: { tags: [{ key: 'env', values: [NUL] }] } }),
    ],
    [
      `input.comment: ${KEEPS_NO}`,
      NUL,
      ['createSilence', { server: 'web', seconds: 60, comment: NUL }] as const,
    ],
    [
      'input.seconds: expected 60 to 2592000, ',
      59,
      ['createSilence', { server: 'web', seconds: 59 }] as const,
    ],
  ])('is named with its field: %s%j', async (begin, value, [mutation, given]) => {
    const input = mutation === 'updateNotificationRule' ? { id: ruleId, ...given } : given;
    const failure = await refuse(mutation, input);
    expect(failure).toMatchObject({ __typename: 'InvalidInputError' });
    expect(failure.message.slice(0, begin.length)).toBe(begin);
    expect(failure.message).toContain(JSON.stringify(value).replaceAll('"', ''));
    // A form marks the field by it.
    expect(follow(input, failure.path ?? [])).toBe(value);
  });

  it('is named in the error of a query, too', async () => {
    const { errors, data } = await ask(
      server,
      'query ($filter: IncidentFilter) { incidents(filter: $filter) { totalCount } }',
      { filter: { servers: ['a', NUL] } },
    );
    expect(data).toEqual({ incidents: null });
    expect(errors).toMatchObject([
      { message: `filter.servers.1: ${KEEPS_NO}`, extensions: { code: 'INVALID_INPUT' } },
    ]);
  });
});

/** Names, and what else is one line of people's own: the mutation, the field, how long it may be, and the rest of the input. */
const NAMES: readonly (readonly [string, string, number, Record<string, unknown>])[] = [
  ['createNotificationRule', 'name', 100, {}],
  ['createMonitoringPolicy', 'name', 255, { match: {} }],
  ['createAutostack', 'name', 255, { region: 'us-west-2', filters: [{ key: 'tag:env', values: ['prod'] }] }],
  ['createApiKey', 'name', 255, { scopes: ['ADMIN'] }],
  [
    'createAnnotation',
    'user',
    255,
    { server: 'web', timestamp: '2026-01-01T00:00:00Z', device: 'd', message: 'm' },
  ],
  [
    'createAnnotation',
    'device',
    255,
    { server: 'web', timestamp: '2026-01-01T00:00:00Z', user: 'u', message: 'm' },
  ],
  ['createSilence', 'by', 255, { server: 'web', seconds: 60 }],
  ['acknowledgeIncidents', 'by', 255, { ids: [`Incident:${NOBODY}`] }],
];

describe.each(NAMES)('a name: %s(%s)', (mutation, field, maxLength, rest) => {
  it.each([
    ['two lines', 'ann\nincident resolved'],
    ['a text that turns round', 'ann \u202e nna'],
    ['a bell', '\u0007'],
    ['half of a character', 'ann \ud83d'],
    ['a text the database cannot keep', NUL],
    ['a character too many', 'a'.repeat(maxLength + 1)],
  ])('is not %s', async (_what, value) => {
    const failure = await refuse(mutation, { ...rest, [field]: value });
    expect(failure).toMatchObject({ __typename: 'InvalidInputError', path: ['input', field] });
    expect(failure.message).toContain(`${field}: expected`);
    const got = value.length > maxLength ? String(maxLength + 1) : JSON.stringify(value);
    expect(failure.message).toContain(`got ${got}`);
  });
});

describe('a thing that is not there', () => {
  it.each([
    ['acknowledgeIncidents', { ids: [`Incident:${NOBODY}`] }, 'input.ids: no incident has the id Incident:'],
    ['markIncidentsSeen', { ids: [`Incident:${NOBODY}`] }, 'input.ids: no incident has the id Incident:'],
    [
      'retryNotification',
      { id: `Notification:${NOBODY}` },
      'input.id: no notification has the id Notification:',
    ],
    [
      'labelIncident',
      { id: `Incident:${NOBODY}`, label: 'REAL' },
      'input.id: no incident has the id Incident:',
    ],
    ['endSilence', { id: `Silence:${NOBODY}` }, 'input.id: no silence has the id Silence:'],
    [
      'createSilence',
      { metricId: `Metric:${NOBODY}`, seconds: 60 },
      'input.metricId: no metric has the id Metric:',
    ],
    [
      'updateNotificationRule',
      { id: `NotificationRule:${NOBODY}` },
      'input.id: no notification rule has the id NotificationRule:',
    ],
    [
      'deleteNotificationRule',
      { id: `NotificationRule:${NOBODY}` },
      'input.id: no notification rule has the id NotificationRule:',
    ],
    [
      'testNotificationRule',
      { id: `NotificationRule:${NOBODY}` },
      'input.id: no notification rule has the id NotificationRule:',
    ],
  ])('is named as it was asked for: %s', async (mutation, input, message) => {
    expect(await refuse(mutation, input)).toEqual({ __typename: 'NotFoundError', message: message + NOBODY });
  });
});

describe('a blank text', () => {
  it.each(['', ' \t\n'])('says nothing, as null does: %j', async (blank) => {
    const { createSilence } = await read<{ createSilence: unknown }>(
      server,
      `mutation ($input: CreateSilenceInput!) {
        createSilence(input: $input) { ... on Silence { comment createdBy } ... on Error { message } } }`,
      { input: { server: 'web', seconds: 60, comment: blank, by: blank } },
    );
    expect(createSilence).toEqual({ comment: null, createdBy: null });
  });
});

describe('what a rule looks at', () => {
  const UPDATE = `mutation ($input: UpdateNotificationRuleInput!) { updateNotificationRule(input: $input) {
    ... on NotificationRule { name scope { metricIds autostackId servers } } ... on Error { message } } }`;
  const DELETE = `mutation ($input: DeleteMetricInput!) { deleteMetric(input: $input) { __typename } }`;
  const MONITOR = `mutation ($input: MonitorMetricInput!) { monitorMetric(input: $input) { ... on Metric { id } } }`;
  const CREATE = `mutation ($input: CreateNotificationRuleInput!) { createNotificationRule(input: $input) {
    ... on NotificationRule { id scope { metricIds servers } } ... on Error { message } } }`;

  it('can be written back as it is read, whatever of it was deleted, and takes nothing else that is not there', async () => {
    const monitor = async (name: string) => {
      const input = { spec: { custom: { name } } };
      return (await read<{ monitorMetric: { id: string } }>(server, MONITOR, { input })).monitorMetric.id;
    };
    const metricIds = [await monitor('kept'), await monitor('deleted')];
    const { createNotificationRule: made } = await read<{
      createNotificationRule: { id: string; scope: { metricIds: string[] } };
    }>(server, CREATE, { input: { name: 'two', scope: { metricIds } } });
    await read(server, DELETE, { input: { id: metricIds[1] } });
    const update = async (change: object) =>
      (
        await read<{ updateNotificationRule: unknown }>(server, UPDATE, {
          input: { id: made.id, ...change },
        })
      ).updateNotificationRule;

    const scope = { metricIds, autostackId: null, servers: null };
    expect(await update({ name: 'renamed', scope: { metricIds: made.scope.metricIds } })).toEqual({
      name: 'renamed',
      scope,
    });
    const message = `scope.metricIds: no metric has the id Metric:${NOBODY}`;
    expect(await update({ scope: { metricIds: [...metricIds, `Metric:${NOBODY}`] } })).toEqual({ message });
    expect(await update({ scope: { metricIds: [metricIds[0]] } })).toMatchObject({
      scope: { metricIds: [metricIds[0]] },
    });
    // Once taken out it is gone.
    expect(await update({ scope: { metricIds } })).toEqual({
      message: `scope.metricIds: no metric has the id ${metricIds[1] ?? ''}`,
    });
  });
});
