/** What `lapwing check` says of the services beside the database: each well, refusing and gone. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkAws, checkProvider, checkRemoteWrite, checkSmtp } from '../../src/cli/check/check-services.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { startWriteReceiver } from '../core/prometheus/score-export/write-receiver.ts';
import { receiveHttp, receiveMail } from '../core/notify/receivers.ts';
import { startAwsImitation } from '../core/sources/aws/imitation.ts';
import { AWS_JSON, ONE_EMPTY_SERIES, plainAnswer, startRawService } from '../core/sources/aws/raw-service.ts';
import { KEYS } from '../core/sources/aws/start-aws-engine.ts';
import { CLIENT_ID, CLIENT_SECRET, startProvider } from '../helpers/oidc-provider.ts';
import { findFreePort } from '../helpers/server-process.ts';

/** Nothing listens there. */
const CLOSED = `127.0.0.1:${await findFreePort()}`;

describe('of AWS', () => {
  const environment = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: KEYS.accessKeyId };
  const check = (url: string, given: NodeJS.ProcessEnv = environment, limitMs?: number) =>
    checkAws(readConfig({ LAPWING_AWS_ENDPOINT: url }), given, limitMs);

  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, '/nowhere');
  });
  afterEach(() => vi.unstubAllEnvs());

  it('that it can be read, in the region of the environment', async () => {
    await using aws = await startAwsImitation({ valueAt: () => 1 });
    expect(await check(aws.url)).toBe('eu-west-1: metrics, instances and volumes can be read');
    expect(await check(aws.url, {})).toBe('us-east-1: metrics, instances and volumes can be read');
  });

  it('what the credentials may not do, each once', async () => {
    const forbidden = plainAnswer(400, AWS_JSON, JSON.stringify({ __type: 'AccessDeniedException' }));
    await using service = await startRawService((response, asked) => {
      const isReading = String(asked.request.headers['x-amz-target']).endsWith('GetMetricData');
      (isReading ? ONE_EMPTY_SERIES : forbidden)(response, asked);
    });
    const report = await check(service.url);
    expect(report).toMatch(
      /^eu-west-1: WARNING: CloudWatch: the credentials may not do this: allow .*; EC2: /,
    );
    expect(report.match(/CloudWatch:/g)).toHaveLength(1);
    expect(report).not.toContain(KEYS.secretAccessKey);
  });

  it('that nothing answers there, or not in time', async () => {
    expect(await check(`http://${CLOSED}`)).toMatch(/WARNING: CloudWatch: .*ECONNREFUSED/);
    await using silent = await startRawService(() => undefined);
    expect(await check(silent.url, environment, 100)).toMatch(
      /WARNING: CloudWatch: the reading was cut short/,
    );
  });

  it('that there are no credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    const report = await checkAws(readConfig({}), { AWS_PROFILE: 'shop' });
    expect(report).toContain(
      'us-east-1: WARNING: CloudWatch: no credentials were found: set AWS_ACCESS_KEY_ID',
    );
  });

  it('that it was not tried where nothing says that it is wanted', async () => {
    expect(await checkAws(readConfig({}), { HOME: '/root', AWS_CA_BUNDLE: '/etc/ca.pem' })).toMatch(
      /^not tried.*AWS_REGION/,
    );
  });

  it('that it is the server itself', async () => {
    expect(await check('self')).toContain('at /aws');
  });
});

describe('of remote write', () => {
  const check = (url: string, limitMs?: number) =>
    checkRemoteWrite(
      readConfig({ LAPWING_REMOTE_WRITE_URL: url, LAPWING_REMOTE_WRITE_TOKEN: 'sesame' }),
      limitMs,
    );

  it('that scores can be written, with a request without series', async () => {
    await using receiver = await startWriteReceiver();
    expect(await check(`${receiver.url}?x=1`)).toBe(`${new URL(receiver.url).origin}: scores can be written`);
    expect(receiver.requests.map(({ series, headers }) => [series.size, headers.authorization])).toEqual([
      [0, 'Bearer sesame'],
    ]);
  });

  it('that they cannot', async () => {
    await using closed = await startWriteReceiver(() => ({ status: 401 }));
    expect(await check(closed.url)).toMatch(/: WARNING: no scores can be written: status 401/);
    expect(await check(`http://${CLOSED}/write`)).toMatch(/: WARNING: no scores .*ECONNREFUSED/);
    const frozen = createServer().listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const { port } = frozen.address() as AddressInfo; // a listening TCP server has one
    expect(await check(`http://127.0.0.1:${port}`, 100)).toMatch(/: WARNING: no scores .*not done|timeout/);
    frozen.close();
  });
});

describe('of SMTP', () => {
  const check = (url: string) => checkSmtp(readConfig({ LAPWING_SMTP_URL: url }));

  it('that it lets this server in, without a mail', async () => {
    await using receiver = await receiveMail();
    expect(await check(receiver.url)).toMatch(/^127\.0\.0\.1:\d+: takes mail from this server$/);
    expect(receiver.mails).toEqual([]);
  });

  it('that it does not', async () => {
    await using receiver = await receiveMail();
    const report = await check(receiver.url.replace('word', 'hunter2'));
    expect(report).toMatch(/WARNING: no mail can be sent: Invalid login/);
    expect(report).not.toContain('hunter2');
    expect(await check(`smtp://${CLOSED}`)).toMatch(/WARNING: no mail .*ECONNREFUSED/);
  });
});

describe('of OpenID Connect', () => {
  const check = (issuer: string) =>
    checkProvider(
      readConfig({
        LAPWING_PUBLIC_URL: 'https://lapwing.example',
        LAPWING_OIDC_ISSUER: issuer,
        LAPWING_OIDC_CLIENT_ID: CLIENT_ID,
        LAPWING_OIDC_CLIENT_SECRET: CLIENT_SECRET,
        LAPWING_OIDC_ROLES: 'sre=ADMIN',
      }),
    );

  it('where people sign in', async () => {
    await using provider = await startProvider('https://lapwing.example');
    expect(await check(provider.issuer)).toBe(`${provider.issuer}: people sign in at ${provider.issuer}`);
    provider.isDown = true;
    expect(await check(provider.issuer)).toMatch(/: WARNING: nobody can sign in: .* cannot be reached/);
  });

  it('that it is none', async () => {
    await using receiver = await receiveHttp();
    receiver.answer(404);
    expect(await check(receiver.url)).toMatch(/: WARNING: nobody can sign in: what .* answered is not valid/);
  });
});

it('says of what the settings do not name that none is needed', async () => {
  const config = readConfig({});
  const reports = await Promise.all(
    [checkRemoteWrite, checkSmtp, checkProvider].map((check) => check(config)),
  );
  expect(new Set(reports)).toEqual(new Set(['none, and none is needed']));
});
