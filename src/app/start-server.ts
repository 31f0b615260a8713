/** The server: the engine and its listeners, started in order, stopped in reverse. */
import type { Config } from '../platform/config/read-config.ts';
import { followHostPeriod, watchHost } from '../core/monitoring/watch-host.ts';
import { createEngine, type Engine } from './build-core.ts';
import { listenGraphite, listenPickle } from './listen-graphite.ts';
import { listenStatsd } from './listen-statsd.ts';
import { listenHttp } from './listen-http.ts';
import { listenOtlpGrpc } from './listen-otlp-grpc.ts';
import type { Log } from '../log.ts';
import { createStats, type Stats } from '../platform/telemetry/metrics.ts';
import { openAccess } from './open-access.ts';
import { openDatabase, type OpenDatabase } from './open-database.ts';
import { openScoreExport } from './open-score-export.ts';
import { openAws } from './sources/open-aws.ts';
import { openSources } from './sources/open-sources.ts';
import { checkSameKeys, openSealingKeys, type SealingKeys } from './sealing-keys.ts';
import { startSelfMonitoring, type SelfMonitoring } from './open-telemetry.ts';
import type { Aws } from '../core/sources/aws/aws.ts';
import { createHostSource } from '../core/sources/host/host.ts';
import type { RunLocally } from '../api/graphql/server/run-locally.ts';
import type { SendEnvironment } from './app-context.ts';
import { createReadAddress } from '../core/access/client-address.ts';
import { ClusterDirectory } from '../platform/cluster/cluster-directory.ts';
import { ForwardedHeader } from '../platform/cluster/forwarded-header.ts';
import { ClusterServer } from './cluster/cluster-server.ts';
import { StandbyServer } from '../api/http/standby-server.ts';
import type { Standby } from '../platform/postgres/server-lock.ts';
import { checkAddress } from '../platform/runtime/listen.ts';
import { buildOrTearDown } from '../platform/runtime/shutdown-stack.ts';
import { readVersion } from '../version.ts';

export interface Lapwing {
  readonly version: string;
  /** What it listens on, by protocol. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly engine: Engine;
  /** Runs an operation of LAPWING_CONFIG_FILE. */
  readonly runConfiguration: RunLocally;
  /** Takes no more, finishes what was taken, saves the models, stops the database. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts everything the settings ask for.
 * @param options.onLost another server took the database over: stop
 * @param options.onStandby this one waits while another server, the holder, is active, and says so at the address
 * @param options.signal ends the wait of a standby; its reason is thrown
 * @param options.showKey shows the first key, once, where the server may not be open; without it such a server refuses
 * @throws errors whose messages say what to do, having stopped what was started
 */
export async function startLapwing(
  config: Config,
  log: Log,
  options: {
    readonly onLost: (error: Error) => void;
    readonly onStandby?: (address: string, holder: string) => void;
    readonly signal?: AbortSignal;
    readonly showKey?: (key: string) => void;
  },
): Promise<Lapwing> {
  const startedAt = new Date();
  const version = readVersion();
  const stats = createStats();
  const facts = { version, startedAt };
  await checkPorts(config);
  return buildOrTearDown(async (teardown) => {
    const monitoring = await startSelfMonitoring({ config, log, stats, version, teardown });
    const sealingKeys = await openSealingKeys(config);
    const waiting = config.standby ? new StandbyServer({ ...config, log, stats }) : null;
    teardown.add(() => waiting?.stop());
    const header = new ForwardedHeader(sealingKeys.cluster);
    const cluster = openCluster({ config, log, stats, monitoring, sealingKeys, header, facts });
    teardown.add(() => cluster?.stop());
    let ownUrl: string | null = null;
    const otlpGrpc = await listenOtlpGrpc({ config, log, header, ownUrl: () => ownUrl, teardown });
    const onStandby = (address: string, holder: string) => {
      ownUrl = address;
      options.onStandby?.(address, holder);
    };
    const database = await openDatabase({
      config,
      log,
      sealingKeys: sealingKeys.fingerprint,
      standby: describeWait({ waiting, cluster }, sealingKeys, { ...options, onStandby }),
      ...(cluster === null ? {} : CLUSTER_DATABASE),
      onLost: options.onLost,
      onDown: () => stats.count('database_restarts'),
      onSilent: () => stats.count('database_silences'),
    });
    teardown.add(database.stop);
    await waiting?.stop();
    const { aws, tellOwnUrl } = openAws(config, stats);
    // failpoint: takeover.before_load
    const engine = await startEngine({ config, log, stats, database, monitoring, aws, teardown });
    // Nothing may wait for an address any more when a start that failed is undone.
    teardown.add(() => tellOwnUrl('http://127.0.0.1:1'));
    monitoring.exportScores(engine);
    openScoreExport({ config, log, engine, teardown, version });
    let graphite: string | null = null;
    // It begins to listen after HTTP does.
    const { showKey } = options;
    const members = cluster === null ? null : new ClusterDirectory(database.pool, database.changes);
    teardown.add(() => members?.stop());
    const access = await openAccess({ config, log, engine, database, teardown, showKey });
    const listener = await listenHttp({
      ...{ config, log, engine, access, sealingKeys, database, monitoring, cluster, header, teardown },
      facts: { ...facts, graphiteAddress: () => graphite },
      readAddress: createReadAddress(config.trustedProxies, (headers) => header.read(headers)),
      listMembers: async () => (await members?.list()) ?? [],
    });
    const { address: http, runConfiguration } = listener;
    ownUrl = http;
    tellOwnUrl(`${http}/aws`);
    graphite = await listenGraphite({ config, log, engine, teardown });
    const pickle = await listenPickle({ config, log, engine, teardown });
    const statsd = await listenStatsd({ config, log, engine, teardown });
    // failpoint: takeover.before_announce
    await cluster?.announce(database.term, { graphite, pickle, statsd });
    // Before any of them is closed: what replicas send there would be lost.
    teardown.add(() => cluster?.announceLeaving());
    log.info({ version, http, graphite, pickle, statsd, otlpGrpc, database: database.description }, 'ready');
    return {
      version,
      addresses: {
        http: `${http}/`,
        graphql: `${http}/graphql`,
        graphiql: `${http}/graphql`,
        cloudwatch: `${http}/aws`,
        subscriptions: `${http.replace(/^http/, 'ws')}/graphql`,
        ...(graphite === null ? {} : { graphite }),
        ...(pickle === null ? {} : { pickle }),
        ...(statsd === null ? {} : { statsd }),
        ...(otlpGrpc === null ? {} : { otlpGrpc }),
      },
      engine,
      runConfiguration,
      stop: teardown.run,
    };
  });
}

/** A member that is frozen is taken for dead sooner than the only server there is. */
const CLUSTER_DATABASE = { leaseSeconds: 5, channels: ['keys', 'changes'] } as const;

/** Null for a server by itself. */
function openCluster(
  options: Omit<ConstructorParameters<typeof ClusterServer>[0], 'connection'>,
): ClusterServer | null {
  const { cluster, databaseUrl: connection } = options.config;
  // The settings were checked: with the one comes the other.
  return cluster && connection !== undefined ? new ClusterServer({ ...options, connection }) : null;
}

/** Undefined for a server that does not wait for another one. */
function describeWait(
  { waiting, cluster }: { readonly waiting: StandbyServer | null; readonly cluster: ClusterServer | null },
  { fingerprint }: SealingKeys,
  { onStandby, signal }: Pick<Parameters<typeof startLapwing>[2], 'onStandby' | 'signal'>,
): Standby | undefined {
  const show = cluster === null ? waiting?.show.bind(waiting) : cluster.follow.bind(cluster);
  if (show === undefined) return undefined;
  return {
    onWaiting: async (holder) => {
      checkSameKeys(holder, fingerprint);
      onStandby?.(await show(holder), holder);
    },
    signal: signal ?? new AbortController().signal,
  };
}

/**
 * Before the database is made and started: a port in use is the commonest mistake.
 * @throws ListenError for the first address that cannot be had
 */
export async function checkPorts(config: Config): Promise<void> {
  const { host, port, graphitePort, graphitePicklePort, statsdPort, otlpGrpcPort } = config;
  const chosen = graphitePort === null || graphitePort.orAnyFree ? null : graphitePort.port;
  const ports = [
    [port, 'LAPWING_PORT'],
    [statsdPort, 'LAPWING_STATSD_PORT'],
    [otlpGrpcPort, 'LAPWING_OTLP_GRPC_PORT'],
    [graphitePicklePort, 'LAPWING_GRAPHITE_PICKLE_PORT'],
    [chosen, 'LAPWING_GRAPHITE_PORT'],
  ] as const;
  for (const [one, portSetting] of ports)
    if (one !== null) await checkAddress({ host, port: one, portSetting });
}

async function startEngine(
  options: SendEnvironment & {
    readonly stats: Stats;
    readonly database: OpenDatabase;
    readonly monitoring: SelfMonitoring;
    readonly aws: Aws;
  },
): Promise<Engine> {
  const { config, log, stats, database, monitoring, aws, teardown } = options;
  teardown.add(() => aws.stop());
  // After a takeover the same metrics would be another host's.
  const host =
    config.hostMetrics && !config.standby && !config.cluster
      ? await createHostSource({ periodSeconds: config.hostPeriodSeconds })
      : null;
  if (host !== null) teardown.add(() => host.stop());
  const polled = openSources({ config, log, stats, teardown });
  const engine = await createEngine({
    database,
    config,
    log,
    stats,
    sources: host === null ? polled.all : [host, ...polled.all],
    aws,
    licensedResources: () => monitoring.license.current().resources,
    tracing: monitoring.tracing,
  });
  teardown.add(engine.stop);
  const { registry } = engine;
  if (host !== null) {
    await followHostPeriod(engine.pool, registry, config.hostPeriodSeconds);
    // Somebody else's database is not filled without being asked.
    if (database.isEmbedded && registry.size === 0) await watchHost(engine.monitor, host.supported, log);
  }
  engine.start();
  polled.start();
  await engine.inventory.start();
  engine.poll.start();
  return engine;
}
