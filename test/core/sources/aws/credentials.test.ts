import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAwsClients } from '../../../../src/core/sources/aws/clients.ts';
import { describeAwsFailure } from '../../../../src/core/sources/aws/failure.ts';
import { createReadSeries } from '../../../../src/core/sources/aws/read-series.ts';

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
});
