import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAwsClients } from '../../../../src/core/sources/aws/clients.ts';
import { describeAwsFailure } from '../../../../src/core/sources/aws/failure.ts';
import { createReadSeries } from '../../../../src/core/sources/aws/read-series.ts';
import { createDeferred } from '../../../helpers/deferred.ts';
import { KEYS } from './start-aws-engine.ts';
import { AWS_JSON, createAsker, ONE_EMPTY_SERIES, plainAnswer, startRawService } from './raw-service.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('credentials', () => {
  it('that are nowhere to be found are told, with what to do', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
    const clients = createAwsClients({
      endpoint: () => Promise.resolve('http://127.0.0.1:1'),
      maxAttempts: 1,
    });
    const readSeries = createReadSeries({ client: clients.cloudwatch, count: () => undefined });
    const query = {
      namespace: 'Shop',
      metric: 'load',
      dimensions: [],
      statistic: 'Average',
      periodSeconds: 300,
    };
    const window = { fromMs: 0, toMs: 300_000 };
    const [answer] = await readSeries('us-west-2', [query], window, new AbortController().signal);
    expect(answer).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(answer instanceof Error ? answer.message : '').toContain('set AWS_ACCESS_KEY_ID');
    clients.stop();
  });

  it('never stand in a message, even when AWS repeats the id of a key', () => {
    const refused = Object.assign(new Error('no user for AKIAIOSFODNN7EXAMPLE here'), { name: 'Odd' });
    const { message } = describeAwsFailure('EC2', refused);
    expect(message).toBe('EC2: Odd: no user for (access key) here');
  });

  it.each([
    ['ExpiredTokenException', 400],
    ['UnrecognizedClientException', 403],
    ['SignatureDoesNotMatch', 403],
  ])(
    'that AWS refuses (%s) are looked for again, and a file that was renewed is read',
    async (code, status) => {
      await using files = await keepFiles();
      await using service = await startRawService((response, asked) => {
        const isOld = asked.request.headers.authorization?.includes('AKIDOLD') === true;
        if (isOld) plainAnswer(status, AWS_JSON, JSON.stringify({ __type: code }))(response, asked);
        else ONE_EMPTY_SERIES(response, asked);
      });
      await files.writeCredentials('AKIDOLD');
      const asker = createAsker({ endpoint: () => Promise.resolve(service.url) });
      expect(await Promise.all([asker.readOne(), asker.readOne()])).toEqual([
        expect.stringContaining('the credentials'),
        expect.stringContaining('the credentials'),
      ]);
      await files.writeCredentials('AKIDNEW');
      expect(await asker.readOne()).toEqual([]);
      expect(await asker.readOne()).toEqual([]);
      expect(service.calls).toBe(4);
      asker.stop();
    },
  );

  it('that were refused cost a call that is still being answered nothing', async () => {
    let release: () => void = () => undefined;
    const held = createDeferred<null>();
    await using service = await startRawService((response, asked) => {
      if (service.calls === 1) {
        release = () => ONE_EMPTY_SERIES(response, asked);
        held.resolve(null);
      } else if (service.calls === 2)
        plainAnswer(400, AWS_JSON, JSON.stringify({ __type: 'ExpiredTokenException' }))(response, asked);
      else ONE_EMPTY_SERIES(response, asked);
    });
    const asker = createAsker({ endpoint: () => Promise.resolve(service.url), credentials: KEYS });
    const first = asker.readOne();
    await held.promise;
    expect(await asker.readOne()).toContain('the credentials have expired');
    expect(await asker.readOne()).toEqual([]);
    release();
    expect(await first).toEqual([]);
    asker.stop();
  });

  it('that were missing are found once their file is there', async () => {
    await using files = await keepFiles();
    await using service = await startRawService(ONE_EMPTY_SERIES);
    const asker = createAsker({ endpoint: () => Promise.resolve(service.url) });
    expect(await asker.readOne()).toContain('no credentials were found');
    await files.writeCredentials('AKIDNEW');
    expect(await asker.readOne()).toEqual([]);
    asker.stop();
  });

  it('that a profile cannot give are described by what it stumbled over', async () => {
    await using files = await keepFiles();
    await files.writeConfig(
      `[default]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = reader
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
`,
    );
    const asker = createAsker({ endpoint: () => Promise.resolve('http://127.0.0.1:1') });
    expect(await asker.readOne()).toMatch(/no credentials were found: .* \(The SSO session .*aws sso login/);
    asker.stop();
  });

  it('of a role that may not be assumed are no lack of CloudWatch permissions', async () => {
    await using files = await keepFiles();
    await using service = await startRawService((response, asked) => {
      expect(asked.body).toContain('AssumeRoleWithWebIdentity');
      plainAnswer(
        403,
        'text/xml',
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error><RequestId>r</RequestId></ErrorResponse>',
      )(response, asked);
    });
    vi.stubEnv('AWS_ENDPOINT_URL_STS', service.url);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', await files.writeToken());
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/lapwing');
    const asker = createAsker({ endpoint: () => Promise.resolve('http://127.0.0.1:1') });
    expect(await asker.readOne()).toBe(
      "CloudWatch: the role could not be assumed: sts:AssumeRoleWithWebIdentity was refused; check the role's ARN and its trust policy",
    );
    asker.stop();
  });
});

/** Files of the SDK in a folder of their own, and nothing else that gives credentials. */
async function keepFiles() {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-aws-'));
  const [credentials, config, token] = ['credentials', 'config', 'token'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', credentials);
  vi.stubEnv('AWS_CONFIG_FILE', config);
  return {
    writeCredentials: (key: string) =>
      writeFile(credentials, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`),
    writeConfig: (text: string) => writeFile(config, text),
    writeToken: async () => {
      await writeFile(token, 'token');
      return token;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
