/** The HTTP port: every path the server answers on. */
import { DETECTOR_KINDS } from '../detector/detector-kinds.ts';
import { Archive } from '../core/transfer/archive.ts';
import { createReadAddress } from '../core/access/client-address.ts';
import { createDownloadLinks } from '../core/transfer/download-link.ts';
import type { Engine } from './build-core.ts';
import { formatHost } from '../api/http/format-host.ts';
import { createSchema } from '../api/graphql/schema.ts';
import type { RunLocally } from '../api/graphql/server/run-locally.ts';
import { createGraphqlServer } from '../api/graphql/server/yoga.ts';
import { readTrustedDocuments } from '../api/graphql/server/trusted-documents.ts';
import { createCloudwatchHandler } from '../api/http/aws/endpoint.ts';
import { createDownloadHandler, DOWNLOAD_PATH } from '../api/http/downloads/download-endpoint.ts';
import { createGraphiqlHandler } from '../api/http/page/graphiql.ts';
import { answerHealth, createReadyHandler } from '../api/http/health.ts';
import { answerPing, answerQuery } from '../api/http/line-protocol/ping-endpoint.ts';
import {
  createExpositionHandler,
  GROUP_PATHS,
  IMPORT_PATH,
} from '../api/http/exposition/exposition-endpoint.ts';
import { createOtlpHandler } from '../api/http/otlp/otlp-endpoint.ts';
import { createRemoteWriteHandler } from '../api/http/remote-write/remote-write-endpoint.ts';
import { createAuthRoutes } from '../api/http/auth/auth-endpoint.ts';
import { createMetricsHandler } from '../api/http/prometheus.ts';
import { createPromqlHandler, PROMQL_PATH } from '../api/http/promql/promql-endpoint.ts';
import { monitorHandler } from '../api/http/monitored-route.ts';
import { ASSET_PATHS, createPageHandler, isForPage, PAGE_PATHS } from '../api/http/page/page-endpoint.ts';
import { createRouteGuard } from '../api/http/guard-routes.ts';
import { createReadWatch } from '../api/http/sse-flow-control.ts';
import { createHttpServer, type Handler } from '../api/http/server.ts';
import { createArchiveUploads } from '../api/http/downloads/upload-archive.ts';
import { createWriteHandler } from '../api/http/line-protocol/write-endpoint.ts';
import { createProcessWatch } from '../platform/telemetry/process-metrics.ts';
import { describeServer } from '../platform/telemetry/server-metrics.ts';
import { describeReadings } from '../platform/telemetry/prometheus-text.ts';
import { createOutbound } from '../platform/outbound/outbound-client.ts';
import { openCloudwatch } from './open-cloudwatch-service.ts';
import { openIncidents } from './open-incidents.ts';
import type { Access } from './open-access.ts';
import type { OpenDatabase } from './open-database.ts';
import { checkReadiness } from './readiness.ts';
import { SecretCheck } from './sealing-keys.ts';
import type { SelfMonitoring } from './open-telemetry.ts';
import type { SendEnvironment } from './app-context.ts';
import type { Teardown } from '../platform/runtime/shutdown-stack.ts';

export interface HttpListener {
  /** Without a slash at its end. */
  readonly address: string;
  readonly runConfiguration: RunLocally;
}

export async function listenHttp(
  options: SendEnvironment & {
    readonly engine: Engine;
    readonly access: Access;
    readonly database: OpenDatabase;
    readonly monitoring: SelfMonitoring;
    readonly facts: {
      readonly version: string;
      readonly startedAt: Date;
      readonly graphiteAddress: () => string | null;
    };
  },
): Promise<HttpListener> {
  const { config, log, engine, access, database, monitoring, teardown } = options;
  const { requests: monitor } = monitoring;
  const [{ name, version, learningRows }] = DETECTOR_KINDS;
  const cloudwatch = await openCloudwatch({ config, log, engine, teardown });
  const incidents = await openIncidents({ config, log, engine, teardown });
  const secrets = new SecretCheck({ ...engine, dataDir: config.dataDir, log });
  await secrets.check();
  const downloadLinks = createDownloadLinks({ lifeSeconds: config.downloadLinkSeconds });
  const archive = new Archive(engine);
  const schema = createSchema();
  const trusted = await readTrustedDocuments(config, schema);
  const readAddress = createReadAddress(config.trustedProxies);
  const readers = createReadWatch({ log });
  teardown.add(readers.stop);
  const graphql = createGraphqlServer({
    parts: {
      ...engine,
      log,
      keys: access.keys,
      downloadLinks,
      archiveUploads: createArchiveUploads({
        ...engine,
        archive,
        outbound: createOutbound({ allowed: config.allowPrivateTargets }),
      }),
      cloudwatch,
      incidents,
      readLicense: monitoring.license.current,
      flushPeriod: monitoring.flushPeriod,
      facts: {
        ...options.facts,
        database: database.description,
        detector: `${name} ${version}`,
        learningRows,
      },
    },
    callers: access.callers,
    audit: access.audit,
    schema,
    limits: config,
    trusted,
    log,
    monitor,
    whenRead: readers.whenRead,
    readAddress,
  });
  const aws = createCloudwatchHandler({
    cloudwatch,
    log,
    now: () => new Date(),
    acceptAnySignature: config.cloudwatchAcceptAnySignature,
    monitor,
  });
  // It asks for the schema and for whatever is typed into it.
  const withGraphiql = config.graphiql && trusted?.only !== true;
  const graphqlRoute = withGraphiql ? createGraphiqlHandler(graphql.handle) : graphql.handle;
  const page = createPageHandler();
  const routeGuard = createRouteGuard({
    keys: access.keys,
    stats: engine.stats,
    names: [config.host, ...config.allowedHosts],
    readAddress,
  });
  // Signatures protect it, where they are checked.
  const awsRoute = config.cloudwatchAcceptAnySignature ? routeGuard.checkName(aws) : aws;
  const metrics = watchMetrics(engine, options.facts, monitoring, teardown);
  const onFailure = (request: object, code: string) => monitor.of(request)?.fail(code);
  const exposition = routeGuard.checkName(createExpositionHandler({ ...engine, ...routeGuard, onFailure }));
  const server = createHttpServer({
    host: config.host,
    port: config.port,
    routes: new Map<string, Handler>([
      ...[...PAGE_PATHS, ...ASSET_PATHS].map((path) => [path, routeGuard.checkName(page)] as const),
      ['/aws', awsRoute],
      ['/aws/*', awsRoute],
      ['/graphql', routeGuard.checkName(graphqlRoute)],
      [
        `${DOWNLOAD_PATH}*`,
        routeGuard.checkName(
          createDownloadHandler({ ...engine, ...access, archive, links: downloadLinks, log }),
        ),
      ],
      ...[...createAuthRoutes(access.login, { readAddress, log })].map(
        ([path, handle]) => [path, routeGuard.checkName(handle)] as const,
      ),
      ['/health', answerHealth],
      [
        '/ready',
        createReadyHandler(() =>
          checkReadiness({
            engine,
            database,
            secrets,
            dataDir: config.dataDir,
            queueLimit: config.ingestQueuePoints,
          }),
        ),
      ],
      ['/metrics', routeGuard.checkName(config.metricsOpen ? metrics : routeGuard.guard('READ', metrics))],
      ['/api/v2/write', routeGuard.checkName(createWriteHandler(2, { ...engine, ...routeGuard, onFailure }))],
      [
        '/api/v3/write_lp',
        routeGuard.checkName(createWriteHandler(3, { ...engine, ...routeGuard, onFailure })),
      ],
      ['/write', routeGuard.checkName(createWriteHandler(1, { ...engine, ...routeGuard, onFailure }))],
      [
        '/api/v1/write',
        routeGuard.checkName(createRemoteWriteHandler({ ...engine, ...routeGuard, onFailure })),
      ],
      [
        `${PROMQL_PATH}*`,
        routeGuard.checkName(
          createPromqlHandler({ ...engine, ...routeGuard, version: options.facts.version, onFailure }),
        ),
      ],
      [IMPORT_PATH, exposition],
      ...[IMPORT_PATH, ...GROUP_PATHS].map((path) => [`${path}/*`, exposition] as const),
      ['/v1/metrics', routeGuard.checkName(createOtlpHandler({ ...engine, ...routeGuard, onFailure }))],
      ['/ping', routeGuard.checkName(answerPing)],
      ['/query', routeGuard.checkName(answerQuery)],
    ]),
    notFound: (answerJson) => {
      const showPage = routeGuard.checkName(page);
      return (request, response) => (isForPage(request) ? showPage : answerJson)(request, response);
    },
    monitor: (route, handle) => monitorHandler(route, handle, monitor),
    socketRoutes: new Map([['/graphql', routeGuard.checkSocketName(graphql.sockets)]]),
    log,
  });
  const port = await server.start();
  teardown.add(server.stop);
  return { address: `http://${formatHost(config.host)}:${port}`, runConfiguration: graphql.runConfiguration };
}

function watchMetrics(
  { stats, registry, quota }: Engine,
  facts: { readonly version: string; readonly startedAt: Date },
  { license }: SelfMonitoring,
  teardown: Teardown,
): Handler {
  const watch = createProcessWatch(facts.startedAt);
  teardown.add(() => watch.stop());
  return createMetricsHandler(async () => [
    ...describeServer({
      ...facts,
      metrics: registry.all(),
      resources: quota.count(),
      resourceLimit: quota.limit(),
      license: license.current(),
    }),
    ...describeReadings(stats.snapshot()),
    ...(await stats.readLatencies()),
    ...watch.read(),
  ]);
}
