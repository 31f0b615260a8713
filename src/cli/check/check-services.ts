/**
 * Services beside the database: whether each answers, and would take what a server asks of it. Nothing is written there. What they
 * answer is no failure: a server starts without them, and tries again.
 */
import { openMailer } from '../../app/build-http-app.ts';
import { openProvider } from '../../app/open-login.ts';
import { openWriteTarget } from '../../app/open-score-export.ts';
import { openAws } from '../../app/sources/open-aws.ts';
import { findPrometheus } from '../../app/sources/open-sources.ts';
import { encodeWrite } from '../../core/prometheus/score-export/encode-write.ts';
import { createQueryInfluxdb } from '../../core/sources/influxdb/influxdb-query.ts';
import { PrometheusClient } from '../../core/sources/prometheus/prometheus-client.ts';
import type { Config } from '../../platform/config/read-config.ts';
import { createStats } from '../../platform/telemetry/metrics.ts';
import { tryWrite } from '../../platform/telemetry/send-points.ts';
import { readVersion } from '../../version.ts';
import { explainFetch, messageOf } from '../explain-failure.ts';

export const ANSWER_LIMIT_MS = 2_000;
/** Credentials may have to be asked for, too, and four requests are sent. */
const AWS_LIMIT_MS = 10_000;
export const NONE = 'none, and none is needed';
/** Other variables of the SDK are set for whole companies, such as AWS_CA_BUNDLE. */
const WANTS_AWS =
  /^AWS_(?:(?:DEFAULT_)?REGION|(?:DEFAULT_)?PROFILE|ACCESS_KEY_ID|ROLE_ARN|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_\w+|ENDPOINT_URL\w*)$/;
/** Where the environment names no region; every account has it. */
const DEFAULT_REGION = 'us-east-1';

/**
 * Looks for AWS where something says that it is wanted: the SDK takes a second to load, and asks the network for credentials.
 * @param environment with the SDK's own variables, which it reads itself
 */
export async function checkAws(
  config: Config,
  environment: NodeJS.ProcessEnv,
  limitMs = AWS_LIMIT_MS,
): Promise<string> {
  const { awsEndpoint } = config;
  if (awsEndpoint === 'self') return 'the CloudWatch service of the server itself, at /aws';
  if (awsEndpoint === undefined && !Object.keys(environment).some((name) => WANTS_AWS.test(name)))
    return 'not tried, as nothing names a region, a profile or credentials: AWS_REGION says where to try';
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  const { aws } = openAws(config, createStats(), { maxAttempts: 1 });
  try {
    const problems = await aws.tryAccess(region, AbortSignal.timeout(limitMs));
    return problems.length === 0
      ? `${region}: metrics, instances and volumes can be read`
      : `${region}: WARNING: ${problems.join('; ')}`;
  } finally {
    aws.stop();
  }
}

export async function checkInfluxdb(config: Config, limitMs = ANSWER_LIMIT_MS): Promise<string> {
  const { influxdbUrl: url, influxdbOrg: org, influxdbBucket: bucket, influxdbToken: token } = config;
  if (url === undefined || org === undefined || bucket === undefined) return NONE;
  const query = createQueryInfluxdb({ url, org, token }, { limitMs });
  const [writing, reading] = await Promise.allSettled([
    tryWrite({ url, org, bucket, token }, limitMs),
    query('buckets()', new AbortController().signal),
  ]);
  const written =
    writing.status === 'fulfilled'
      ? `points can be written to the bucket ${bucket}`
      : `WARNING: no points can be written to the bucket ${bucket}: ${messageOf(writing.reason)}`;
  const read =
    reading.status === 'fulfilled'
      ? `buckets that can be read: ${reading.value.length}`
      : `WARNING: no series can be read: ${messageOf(reading.reason)}`;
  return `${new URL(url).origin}: ${written}; ${read}`;
}

export async function checkPrometheus(config: Config, limitMs = ANSWER_LIMIT_MS): Promise<string> {
  const connection = findPrometheus(config);
  if (connection === null) return NONE;
  const client = new PrometheusClient(connection);
  const nowMs = Date.now();
  const steps = { firstMs: nowMs, lastMs: nowMs, periodSeconds: 60 };
  const { origin } = new URL(connection.url);
  return client.queryRange('vector(1)', steps, AbortSignal.timeout(limitMs)).then(
    () => `${origin}: expressions can be read`,
    (error: unknown) => `${origin}: WARNING: no expressions can be read: ${messageOf(error)}`,
  );
}

/** Sends a request without series, which every receiver takes from those who may write. */
export async function checkRemoteWrite(config: Config, limitMs = ANSWER_LIMIT_MS): Promise<string> {
  const target = openWriteTarget(config, readVersion());
  if (target === null || config.remoteWriteUrl === undefined) return NONE;
  const { origin } = new URL(config.remoteWriteUrl);
  const warn = (why: string) => `${origin}: WARNING: no scores can be written: ${why}`;
  try {
    const { outcome, status, text } = await target.post(encodeWrite([]), AbortSignal.timeout(limitMs));
    return outcome === 'TAKEN'
      ? `${origin}: scores can be written`
      : warn(`status ${status}: ${text.trim()}`);
  } catch (error) {
    return warn(explainFetch(error));
  }
}

/** Signs in at the SMTP server, as with every mail. A server that says nothing has half a minute. */
export async function checkSmtp(config: Config): Promise<string> {
  const mailer = openMailer(config);
  if (mailer === null || config.smtpUrl === undefined) return NONE;
  const { host } = new URL(config.smtpUrl);
  return mailer.verify().then(
    () => `${host}: takes mail from this server`,
    (error: unknown) => `${host}: WARNING: no mail can be sent: ${messageOf(error)}`,
  );
}

/** Reads where the provider has its addresses. Whether it knows this client is seen at a login alone. */
export async function checkProvider(config: Config): Promise<string> {
  const provider = await openProvider(config);
  if (provider === null) return NONE;
  return provider.begin().then(
    ({ url }) => `${provider.issuer}: people sign in at ${url.origin}`,
    (error: unknown) => `${provider.issuer}: WARNING: nobody can sign in: ${messageOf(error)}`,
  );
}
