/** The real command against a real server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyFile } from '../../../src/cli/apply/apply-file.ts';
import { RULE_DEFAULTS } from '../../../src/cli/apply/plan-rules.ts';
import { explainFailure } from '../../../src/cli/explain-failure.ts';
import { OperatorError } from '../../../src/errors.ts';
import { ask, read } from '../../helpers/ask.ts';
import { findProgram } from '../../helpers/program.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { startAwsImitation } from '../../core/sources/aws/imitation.ts';
import type { Script } from '../../core/sources/aws/script.ts';
import { ADMIN } from '../../api/graphql/keyed-server.ts';

const SECRET = 'sesame sesame sesame';
const WHOLE = `apiVersion: 1
autostacks:
  - name: web
    region: us-west-2
    filters: [{ key: 'tag:env', values: [prod] }]
    metrics:
      - { namespace: AWS/EC2, metric: CPUUtilization, min: 0, max: 100 }
monitoringPolicies:
  - name: production
    match:
      namePattern: cpu.*
      tags: &prod [{ key: env, values: ['prod*'] }]
    model:
      timeZone: Europe/Berlin
      excludedTimes:
        - { from: 2026-01-02T00:00:00Z, to: 2026-01-03T00:00:00Z }
        - { from: 2026-01-01T00:00:00+01:00, to: 2026-01-02T12:00:00Z }
    policy: { direction: ABOVE }
notificationRules:
  - name: web
    scope: { autostack: { name: web, region: us-west-2 }, tags: *prod }
    sensitivity: 0.9999
    maintenanceWindows:
      - weekly: { weekdays: [SUNDAY], from: '22:00', to: '02:00', timeZone: Europe/Berlin }
      - holidays: { dates: [12-25, 2027-01-01], timeZone: Europe/Berlin }
      - once: { start: 2027-01-01T00:00:00Z, end: 2027-01-01T06:00:00+01:00 }
    channels:
      - webhook: { url: 'http://127.0.0.1:9999/hook', secretFile: hook-secret }
      - slack: { urlEnv: SLACK_URL }
      - ntfy: { topic: sesame }
metrics:
  - spec: { custom: { name: web.latency } }
    unit: ms
    displayName: Latency
    model: { min: 0, max: 1000 }
    policy: { minDeviation: 5 }
  - spec:
      cloudwatch:
        region: us-west-2
        namespace: AWS/SQS
        metric: NumberOfMessagesSent
        dimensions: [{ name: QueueName, value: orders }]
`;
/** What the first apply of it prints. */
const PLAN = `+ autostack "web" in us-west-2
    filters: [{"key": "env", "values": ["prod"]}]
    includeStopped: false
+ metric AWS/EC2/CPUUtilization of autostack "web" in us-west-2
    min: 0
    max: 100
+ monitoring policy "production"
    match: {"namePattern": "cpu.*", "tags": [{"key": "env", "values": ["prod*"]}], "sources": ["CUSTOM"]}
    model: {"timeZone": "Europe/Berlin", "excludedTimes": [{"from": "2025-12-31T23:00:00.000Z", "to": "2026-01-03T00:00:00.000Z"}]}
    policy: {"direction": "ABOVE", "minDeviation": 0, "minDeviationRatio": 0}
+ notification rule "web"
    scope: {"tags": [{"key": "env", "values": ["prod*"]}], "autostackId": "\\"web\\" in us-west-2"}
    sensitivity: 0.9999
    maintenanceWindows: [{"weekly": {"weekdays": ["SUNDAY"], "from": "22:00", "to": "02:00", "timeZone": "Europe/Berlin"}}, {"holidays": {"dates": ["12-25", "2027-01-01"], "timeZone": "Europe/Berlin"}}, {"once": {"start": 20…
    channels[0]: new webhook
    channels[1]: new slack
    channels[2]: new ntfy
+ metric custom "web.latency"
    unit: "ms"
    displayName: "Latency"
    model: {"min": 0, "max": 1000}
    policy: {"minDeviation": 5}
+ metric cloudwatch {"region":"us-west-2","namespace":"AWS/SQS","metric":"NumberOfMessagesSent","dimensions":[{"name":"QueueName","value":"orders"}]}
Plan: 6 to add, 0 to change, 0 to delete.
Applied: 6 added, 0 changed, 0 deleted.
`;
const script: Script = {
  valueAt: () => 20,
  instances: new Map([
    ['us-west-2', [{ id: 'i-1', state: 'running', type: 'm3.large', tags: { env: 'prod' } }]],
  ]),
  metrics: [
    {
      region: 'us-west-2',
      namespace: 'AWS/SQS',
      metric: 'NumberOfMessagesSent',
      dimensions: [{ name: 'QueueName', value: 'orders' }],
    },
  ],
};

let server: TestServer;
let folder: string;
let aws: Awaited<ReturnType<typeof startAwsImitation>>;
const admin = () => ({ url: server.url, key: ADMIN });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-apply-'));
  await writeFile(join(folder, 'hook-secret'), `${SECRET}\n`);
  aws = await startAwsImitation(script);
  const settings = {
    LAPWING_API_KEY: ADMIN,
    LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    LAPWING_AWS_ENDPOINT: aws.url,
    LAPWING_AWS_HISTORY_DAYS: '1',
  };
  server = await startServer({ settings });
});

// They are taken back before each test.
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'do-not-show');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SLACK = { SLACK_URL: 'http://127.0.0.1:9999/services/sesame' };

async function write(content: string): Promise<string> {
  const file = join(folder, 'lapwing.yaml');
  await writeFile(file, content);
  return file;
}

/** As the command does, in this process, which is quicker. */
async function apply(content: string, isDryRun = false): Promise<Outcome> {
  const [out, err]: [string[], string[]] = [[], []];
  const options = { file: await write(content), url: `${server.url}/graphql`, key: ADMIN, isDryRun };
  let code = 0;
  try {
    const output = { write: (line: string) => out.push(line) };
    const errors = { write: (line: string) => err.push(line) };
    await applyFile({ ...options, environment: SLACK, output, errors });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    err.push(explainFailure(error));
    code = error.exitStatus;
  }
  return { code, stdout: out.join(''), stderr: err.join('').replaceAll(`${folder}/`, '') };
}

async function run(words: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [...findProgram(), ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LAPWING_API_KEY: ADMIN, ...SLACK },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

describe('lapwing apply', () => {
  it('makes what a file says, shows nothing secret, and finds no change the second time', async () => {
    const words = ['apply', await write(WHOLE), '--url', `${server.url}/graphql`];
    expect(await run(words)).toEqual({ code: 0, stdout: PLAN, stderr: '' });
    expect(await apply(WHOLE)).toEqual({ code: 0, stdout: 'No changes.\n', stderr: '' });
  });

  it('shows with --dry-run what would change, and changes nothing', async () => {
    await apply(WHOLE);
    const changed = WHOLE.replace('sensitivity: 0.9999', 'quietSeconds: 7200')
      .replace('ABOVE', 'BELOW')
      .replace('max: 1000', 'max: 2000')
      .replace('values: [prod] }]', 'values: [prod, test] }]\n    includeStopped: true');
    const plan = `~ autostack "web" in us-west-2
    filters: [{"key": "env", "values": ["prod"]}] -> [{"key": "env", "values": ["prod", "test"]}]
    includeStopped: false -> true
~ monitoring policy "production"
    policy: {"direction": "ABOVE", "minDeviation": 0, "minDeviationRatio": 0} -> {"direction": "BELOW", "minDeviation": 0, "minDeviationRatio": 0}
~ notification rule "web"
    sensitivity: 0.9999 -> 0.99999
    quietSeconds: 3600 -> 7200
~ metric custom "web.latency"
    model: {"min": 0, "max": 1000} -> {"min": 0, "max": 2000}
Plan: 0 to add, 4 to change, 0 to delete.
`;
    expect(await apply(changed, true)).toEqual({ code: 0, stdout: plan, stderr: '' });
    expect(await apply(changed, true)).toMatchObject({ stdout: plan });
    const applied = `${plan}Applied: 0 added, 4 changed, 0 deleted.\n`;
    expect(await apply(changed)).toEqual({ code: 0, stdout: applied, stderr: '' });
    expect(await apply(changed)).toMatchObject({ code: 0, stdout: 'No changes.\n' });
  });

  it('finds a changed secret by the server, shows none, and keeps the other channels as they are', async () => {
    await apply(WHOLE);
    const before = await readChannels();
    await writeFile(join(folder, 'hook-secret'), `another ${SECRET}`);
    const outcome = await apply(WHOLE);
    expect(outcome).toEqual({
      code: 0,
      stdout: `~ notification rule "web"
    channels: WEBHOOK http://127.0.0.1:9999/… -> none
    channels[0]: new webhook
Plan: 0 to add, 1 to change, 0 to delete.
Applied: 0 added, 1 changed, 0 deleted.
`,
      stderr: '',
    });
    const after = await readChannels();
    expect(after.map(({ kind }) => kind)).toEqual(['WEBHOOK', 'SLACK', 'NTFY']);
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after[0]?.id).not.toBe(before[0]?.id);
    expect(await apply(WHOLE)).toMatchObject({ stdout: 'No changes.\n' });
    const moved = WHOLE.replace('      - ntfy: { topic: sesame }\n', '').replace(
      '      - webhook',
      '      - ntfy: { topic: sesame }\n      - webhook',
    );
    expect(await apply(moved)).toMatchObject({ code: 0 });
    expect((await readChannels()).map(({ kind }) => kind)).toEqual(['NTFY', 'WEBHOOK', 'SLACK']);
    expect(await apply(moved)).toMatchObject({ stdout: 'No changes.\n' });
    const silent = moved.replace(/ {4}channels:\n(?: {6}.*\n)+/, '');
    expect(await apply(silent)).toMatchObject({ stdout: 'No changes.\n' });
  });

  it('lets an entry the server refuses cost itself alone, and says where it is', async () => {
    const outcome = await apply(`apiVersion: 1
monitoringPolicies:
  - { name: first, match: { namePattern: first.* } }
notificationRules:
  - name: refused
    channels:
      - slack: { url: http://10.0.0.1/hook }
  - name: of no autostack
    scope: { autostack: { name: none, region: us-west-2 } }
  - name: after
metrics:
  - spec: { custom: { name: after.metric } }
`);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(/Plan: 4 to add, 0 to change, 0 to delete\.\nApplied: 3 added/);
    expect(outcome.stderr.split('\n')).toEqual([
      'lapwing.yaml:9:25: notification rule "of no autostack": there is no autostack "none" in us-west-2',
      expect.stringMatching(
        /^lapwing\.yaml:7:23: notification rule "refused": channels\.0\.slack\.url: .*LAPWING_ALLOW_PRIVATE_TARGETS/,
      ) as string,
      '2 of 5 entries of lapwing.yaml could not be applied',
    ]);
    expect(await listRules()).toContain('after');
  });

  it('deletes what the file says is to be gone, and nothing else', async () => {
    await apply(
      'apiVersion: 1\nnotificationRules: [{ name: a }, { name: b }]\nmonitoringPolicies: [{ name: c, match: { namePattern: "*.c" } }]',
    );
    const gone = 'apiVersion: 1\ndelete: { notificationRules: [a, none], monitoringPolicies: [c] }';
    expect(await apply(gone)).toEqual({
      code: 0,
      stdout: `- notification rule "a"
- monitoring policy "c"
Plan: 0 to add, 0 to change, 2 to delete.
Applied: 0 added, 0 changed, 2 deleted.
`,
      stderr: '',
    });
    expect(await apply(gone)).toMatchObject({ code: 0, stdout: 'No changes.\n' });
    expect(await listRules()).toEqual(expect.arrayContaining(['b']));
    expect(await listRules()).not.toContain('a');
  });

  it('knows what the server makes of a rule with no more than a name', async () => {
    await read(admin(), 'mutation { createNotificationRule(input: { name: "bare" }) { __typename } }');
    expect(await apply('apiVersion: 1\nnotificationRules: [{ name: bare }]')).toMatchObject({
      stdout: 'No changes.\n',
    });
    expect(Object.keys(RULE_DEFAULTS)).toHaveLength(29);
  });

  it('takes a blank friendly name for none, each time', async () => {
    const named = (displayName: string) =>
      `apiVersion: 1\nmetrics:\n  - { spec: { custom: { name: web.named } }, displayName: '${displayName}' }\n`;
    for (const [displayName, stdout] of [
      ['', /1 added/],
      [' ', /^No changes/],
      ['Shop', /"web\.named" -> "Shop"[^]*1 changed/],
      ['', /"Shop" -> "web\.named"[^]*1 changed/],
      ['', /^No changes/],
    ] as const) {
      expect((await apply(named(displayName))).stdout).toMatch(stdout);
    }
  });

  it('says by its status with --detailed-exitcode whether there is something to change', async () => {
    const words = ['apply', '--dry-run', '--detailed-exitcode', '--url', `${server.url}/graphql`];
    const status = async (content: string) => (await run([...words, await write(content)])).code;
    await apply('apiVersion: 1\nnotificationRules: [{ name: bare status }]');
    expect(await status('apiVersion: 1\nnotificationRules: [{ name: bare status }]')).toBe(0);
    expect(await status('apiVersion: 1\nnotificationRules: [{ name: no such status }]')).toBe(2);
    // 2 would say that there are changes.
    expect(await status('apiVersion: 1\nnotificationRules: [{ nam: web }]')).toBe(1);
    expect((await run(words)).code).toBe(1);
  });

  it('ends with status 2 for a file that is wrong', async () => {
    const file = await write('apiVersion: 1\nnotificationRules: [{ nam: web }]\n');
    expect(await run(['apply', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'lapwing.yaml:2:23: notificationRules[0].nam: there is no such key; did you mean name?',
      ) as string,
    });
  });
});

describe('matchNotificationChannels', () => {
  const QUESTION = `query ($id: ID!) { matchNotificationChannels(ruleId: $id, channels: [
    { email: { to: ["a@example.com"] } }]) { id } }`;

  it('is nothing for a key that only reads, nor for one of an account', async () => {
    const key = async (name: string, scope: string, account: string | null) => {
      const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
        admin(),
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }',
        { input: { name, scopes: [scope], account } },
      );
      return createApiKey.secret;
    };
    const id = `NotificationRule:${crypto.randomUUID()}`;
    const codes = async (secret: string) =>
      (await ask({ url: server.url, key: secret }, QUESTION, { id })).errors.map(
        ({ extensions }) => extensions?.code,
      );
    expect(await codes(await key('reader', 'READ', null))).toEqual(['FORBIDDEN']);
    expect(await codes(await key('stranger', 'WRITE', 'strangers'))).toEqual(['NOT_SUPPORTED']);
    expect(await codes(ADMIN)).toEqual(['NOT_FOUND']);
  });
});

async function readChannels(): Promise<readonly { readonly id: string; readonly kind: string }[]> {
  const { notificationRules } = await read<{
    notificationRules: { name: string; channels: { id: string; kind: string }[] }[];
  }>(admin(), '{ notificationRules { name channels { id kind } } }');
  return notificationRules.find(({ name }) => name === 'web')?.channels ?? [];
}

async function listRules(): Promise<readonly string[]> {
  const { notificationRules } = await read<{ notificationRules: { name: string }[] }>(
    admin(),
    '{ notificationRules { name } }',
  );
  return notificationRules.map(({ name }) => name);
}
