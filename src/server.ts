/** The server: the engine and its doors, started in order, stopped in reverse. */
import { createCloudwatch, nameKeyFile, type Cloudwatch } from './cloudwatch/cloudwatch.ts';
import { createSeriesWatch } from './cloudwatch/watch-series.ts';
import type { Config } from './config.ts';
import { followHostPeriod, watchHost } from './core/watch-host.ts';
import { DETECTOR_KINDS } from './detect/detector.ts';
import { createEngine, type Engine } from './engine.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { createCloudwatchHandler } from './http/cloudwatch.ts';
import { createGraphiqlHandler } from './http/graphiql.ts';
import { answerHealth, createReadyHandler } from './http/health.ts';
import { answerPing, answerQuery } from './http/influx-greetings.ts';
import { createMetricsHandler } from './http/metrics.ts';
import { monitorHandler } from './http/monitored.ts';
import { createHttpServer, type Handler } from './http/server.ts';
import { createWriteHandler } from './http/write.ts';
import { createGraphiteListener } from './ingest/listen.ts';
import type { Log } from './log.ts';
import { createProcessWatch } from './observe/prometheus-process.ts';
import { describeServer } from './observe/prometheus-server.ts';
import { describeReadings } from './observe/prometheus.ts';
import { createStats, type Stats } from './observe/stats.ts';
import { openAws } from './open-aws.ts';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { startSelfMonitoring, type SelfMonitoring } from './self-monitoring.ts';
import type { Aws } from './source/aws.ts';
import { createHostSource } from './source/host.ts';
import { createInfluxdbSource, type InfluxdbSource } from './source/influxdb.ts';
import { buildOrTearDown, type Teardown } from './teardown.ts';
import { readVersion } from './version.ts';

export interface Lapwing {
  readonly version: string;
  /** What it listens on, by protocol. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly engine: Engine;
  /** Takes no more, finishes what was taken, saves the models, stops the database. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts everything the settings ask for.
 * @param options.onLost another server took the database over: stop
 * @throws errors whose messages say what to do, having stopped what was started
 */
export async function startLapwing(
  config: Config,
  log: Log,
  options: { readonly onLost: (error: Error) => void },
): Promise<Lapwing> {
  const startedAt = new Date();
  const version = readVersion();
  const stats = createStats();
  return buildOrTearDown(async (teardown) => {
    const monitoring = await startSelfMonitoring({ config, log, stats, teardown });
    const database = await openDatabase({
      config,
      log,
      onLost: options.onLost,
      onDown: () => stats.count('database_restarts'),
    });
    teardown.add(database.stop);
    const { aws, tellOwnUrl } = openAws(config, stats);
    const engine = await startEngine({ config, log, stats, database, monitoring, aws, teardown });
    // Nothing may wait for an address any more when a start that failed is undone.
    teardown.add(() => tellOwnUrl('http://127.0.0.1:1'));
    monitoring.exportScores(engine);
    const facts = { version, startedAt };
    const http = await listenHttp({ config, log, engine, database, monitoring, teardown, facts });
    tellOwnUrl(`${http}/aws`);
    const graphite = await listenGraphite({ config, log, engine, teardown });
    log.info({ version, http, graphite, database: database.description }, 'ready');
    return {
      version,
      addresses: {
        http: `${http}/`,
        graphql: `${http}/graphql`,
        graphiql: `${http}/graphql`,
        cloudwatch: `${http}/aws`,
        subscriptions: `${http.replace(/^http/, 'ws')}/graphql`,
        ...(graphite === null ? {} : { graphite }),
      },
      engine,
      stop: teardown.run,
    };
  });
}

interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly teardown: Teardown;
}

async function startEngine(
  options: Surroundings & {
    readonly stats: Stats;
    readonly database: OpenDatabase;
    readonly monitoring: SelfMonitoring;
    readonly aws: Aws;
  },
): Promise<Engine> {
  const { config, log, stats, database, monitoring, aws, teardown } = options;
  teardown.add(() => aws.stop());
  const host = config.hostMetrics
    ? await createHostSource({ periodSeconds: config.hostPeriodSeconds })
    : null;
  if (host !== null) teardown.add(() => host.stop());
  const influxdb = openInfluxdb(config, log);
  if (influxdb !== null) teardown.add(influxdb.stop);
  const engine = await createEngine({
    database,
    config,
    log,
    stats,
    sources: [...(host === null ? [] : [host]), ...(influxdb === null ? [] : [influxdb])],
    aws,
    licensedResources: () => monitoring.license.current().resources,
  });
  teardown.add(engine.stop);
  const { registry } = engine;
  if (host !== null) {
    await followHostPeriod(engine.pool, registry, config.hostPeriodSeconds);
    // Somebody else's database is not filled without being asked.
    if (database.isEmbedded && registry.size === 0) await watchHost(engine.monitor, host.supported, log);
  }
  engine.start();
  influxdb?.start();
  await engine.inventory.start();
  engine.poll.start();
  return engine;
}

/** Null where none is set. */
function openInfluxdb(config: Config, log: Log): InfluxdbSource | null {
  const { influxdbUrl: url, influxdbOrg: org, influxdbToken: token } = config;
  if (url === undefined || org === undefined) return null;
  return createInfluxdbSource({ connection: { url, org, token }, log });
}

/** @returns the address, without a slash at its end */
async function listenHttp(
  options: Surroundings & {
    readonly engine: Engine;
    readonly database: OpenDatabase;
    readonly monitoring: SelfMonitoring;
    readonly facts: { readonly version: string; readonly startedAt: Date };
  },
): Promise<string> {
  const { config, log, engine, database, monitoring, teardown } = options;
  const { requests: monitor } = monitoring;
  const watched = (path: string, handle: Handler) => monitorHandler(path, handle, monitor);
  const [{ name, version, learningRows }] = DETECTOR_KINDS;
  const cloudwatch = await startCloudwatch({ config, log, engine, teardown });
  const graphql = createGraphqlServer({
    parts: {
      ...engine,
      cloudwatch,
      readLicense: monitoring.license.current,
      flushPeriod: monitoring.flushPeriod,
      facts: {
        ...options.facts,
        database: database.description,
        detector: `${name} ${version}`,
        learningRows,
      },
    },
    log,
    monitor,
  });
  const aws = createCloudwatchHandler({
    cloudwatch,
    log,
    now: () => new Date(),
    acceptAnySignature: config.cloudwatchAcceptAnySignature,
    monitor,
  });
  const graphqlRoute = config.graphiql ? createGraphiqlHandler(graphql.handle) : graphql.handle;
  const onFailure = (request: object, code: string) => monitor.of(request)?.fail(code);
  const server = createHttpServer({
    host: config.host,
    port: config.port,
    routes: new Map<string, Handler>([
      ['/aws', watched('/aws', aws)],
      ['/aws/*', watched('/aws', aws)],
      ['/graphql', watched('/graphql', graphqlRoute)],
      ['/health', answerHealth],
      ['/ready', createReadyHandler(() => checkReadiness(engine, database, config.ingestQueuePoints))],
      ['/metrics', watchMetrics(engine, options.facts, monitoring, teardown)],
      ['/api/v2/write', watched('/api/v2/write', createWriteHandler(2, { ...engine, onFailure }))],
      ['/write', watched('/write', createWriteHandler(1, { ...engine, onFailure }))],
      ['/ping', answerPing],
      ['/query', answerQuery],
    ]),
    socketRoutes: new Map([['/graphql', graphql.sockets]]),
    log,
  });
  const port = await server.start();
  teardown.add(server.stop);
  return `http://${formatHost(config.host)}:${port}`;
}

async function startCloudwatch(options: Surroundings & { readonly engine: Engine }): Promise<Cloudwatch> {
  const { config, log, engine, teardown } = options;
  const { cloudwatchAccessKeyId: accessKeyId, cloudwatchSecretAccessKey: secretAccessKey } = config;
  const hasKey = accessKeyId !== undefined && secretAccessKey !== undefined;
  const cloudwatch = await createCloudwatch({
    pool: engine.pool,
    prisma: engine.prisma,
    log,
    stats: engine.stats,
    now: () => new Date(),
    keyFile: nameKeyFile(config.dataDir),
    firstKey: hasKey ? { accessKeyId, secretAccessKey } : null,
    retentionDays: config.cloudwatchRetentionDays,
    rollupDays: config.cloudwatchRollupDays,
    webhooks: config.cloudwatchWebhooks,
    ...(config.awsEndpoint === 'self' && { watch: createSeriesWatch(engine.monitor) }),
    limits: { awsNamespaces: config.cloudwatchAwsNamespaces },
  });
  teardown.add(() => cloudwatch.stop());
  cloudwatch.start();
  return cloudwatch;
}

function watchMetrics(
  { stats, registry, quota }: Engine,
  facts: { readonly version: string; readonly startedAt: Date },
  { license }: SelfMonitoring,
  teardown: Teardown,
): Handler {
  const watch = createProcessWatch(facts.startedAt);
  teardown.add(() => watch.stop());
  return createMetricsHandler(() => [
    ...describeServer({
      ...facts,
      metrics: registry.all(),
      resources: quota.count(),
      resourceLimit: quota.limit(),
      license: license.current(),
    }),
    ...describeReadings(stats.snapshot()),
    ...watch.read(),
  ]);
}

/** A queue as full as this is about to turn senders away. */
const FULL_QUEUE = 0.9;

async function checkReadiness({ pool, stats }: Engine, database: OpenDatabase, queueLimit: number) {
  if (!database.isUp()) return { problems: ['the database is being started again'] };
  try {
    await pool.query('SELECT 1');
    const waiting = stats.read('ingest_queue_points');
    const isFull = waiting > FULL_QUEUE * queueLimit;
    return { problems: isFull ? [`${waiting} points wait to be written`] : [] };
  } catch {
    return { problems: ['the database does not answer'] };
  }
}

/** @returns the address; null when it is switched off */
async function listenGraphite(options: Surroundings & { readonly engine: Engine }): Promise<string | null> {
  const { config, log, engine, teardown } = options;
  if (config.graphitePort === null) return null;
  const { port, orAnyFree } = config.graphitePort;
  const { accept, stats } = engine;
  const listen = async (wanted: number) => {
    const listener = createGraphiteListener({
      host: config.host,
      port: wanted,
      accept: accept.acceptNamed,
      log,
      stats,
    });
    const address = await listener.start();
    teardown.add(() => listener.stop());
    return `tcp://${formatHost(address.host)}:${address.port}`;
  };
  try {
    return await listen(port);
  } catch (error) {
    if (!orAnyFree || !isTaken(error)) throw error;
    log.warn({ port }, 'the usual Graphite port is taken; listening on another');
    return listen(0);
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** An IPv6 address stands in brackets within a URL. */
function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
