/** Every path of the HTTP port, and who may ask for it. */
import type { Archive } from '../core/transfer/archive.ts';
import type { ReadAddress } from '../core/access/client-address.ts';
import type { DownloadLinks } from '../core/transfer/download-link.ts';
import type { PanelLinks } from '../core/access/panel-links/panel-links.ts';
import type { Cloudwatch } from '../core/cloudwatch-service/service.ts';
import { createAuthRoutes } from '../api/http/auth/auth-endpoint.ts';
import { createCloudwatchHandler } from '../api/http/aws/endpoint.ts';
import { createDownloadHandler, DOWNLOAD_PATH } from '../api/http/downloads/download-endpoint.ts';
import { createEmbedHandler, EMBED_PATH, type PanelSource } from '../api/http/embed/embed-endpoint.ts';
import {
  createExpositionHandler,
  GROUP_PATHS,
  IMPORT_PATH,
} from '../api/http/exposition/exposition-endpoint.ts';
import type { PushOptions } from '../api/http/push/admit-push.ts';
import type { RouteGuard } from '../api/http/guard-routes.ts';
import { answerHealth, createReadyHandler } from '../api/http/health.ts';
import { answerPing, answerQuery } from '../api/http/line-protocol/ping-endpoint.ts';
import { createWriteHandler } from '../api/http/line-protocol/write-endpoint.ts';
import { createPutHandler, PUT_PATH } from '../api/http/opentsdb/put-endpoint.ts';
import { createOtlpHandler } from '../api/http/otlp/otlp-endpoint.ts';
import { ASSET_PATHS, PAGE_PATHS } from '../api/http/page/page-endpoint.ts';
import { createMetricsHandler } from '../api/http/prometheus.ts';
import { listPrometheusProbes } from '../api/http/promql/prometheus-probes.ts';
import { createPromqlHandler, PROMQL_PATH } from '../api/http/promql/promql-endpoint.ts';
import { createRemoteWriteHandler } from '../api/http/remote-write/remote-write-endpoint.ts';
import type { BuiltPage } from '../api/http/page/page-files.ts';
import type { Handler } from '../api/http/routes.ts';
import { createProcessWatch } from '../platform/telemetry/process-metrics.ts';
import { describeReadings } from '../platform/telemetry/prometheus-text.ts';
import { describeServer } from '../platform/telemetry/server-metrics.ts';
import type { SendEnvironment } from './app-context.ts';
import type { Engine } from './build-core.ts';
import type { Access } from './open-access.ts';
import type { OpenDatabase } from './open-database.ts';
import type { SelfMonitoring } from './open-telemetry.ts';
import { checkReadiness } from './readiness.ts';
import type { SecretCheck } from './sealing-keys.ts';

export interface RouteParts extends SendEnvironment {
  readonly engine: Engine;
  readonly access: Access;
  readonly database: Pick<OpenDatabase, 'isUp' | 'isEmbedded'>;
  readonly monitoring: SelfMonitoring;
  readonly facts: { readonly version: string; readonly startedAt: Date };
  readonly cloudwatch: Cloudwatch;
  readonly secrets: SecretCheck;
  readonly archive: Archive;
  readonly downloadLinks: DownloadLinks;
  readonly readAddress: ReadAddress;
  readonly guard: RouteGuard;
  /** Where pushed points go. */
  readonly accept: PushOptions['accept'];
  /** What answers at /graphql. */
  readonly graphql: Handler;
  readonly page: Handler;
  readonly built: BuiltPage;
  readonly panelLinks: PanelLinks;
  readonly panels: PanelSource;
}

/** @returns by path; one that ends in /* takes everything below it */
export function listRoutes(parts: RouteParts): ReadonlyMap<string, Handler> {
  const { access, config, guard, log, readAddress } = parts;
  const ready = createReady(parts);
  const auth = createAuthRoutes(access.login, { readAddress, log });
  const named = [
    ...[...PAGE_PATHS, ...ASSET_PATHS].map((path) => [path, parts.page] as const),
    ['/graphql', parts.graphql],
    [`${DOWNLOAD_PATH}*`, createDownload(parts)],
    [`${EMBED_PATH}*`, createEmbed(parts)],
    ...auth,
    ['/metrics', config.metricsOpen ? watchMetrics(parts) : guard.guard('READ', watchMetrics(parts))],
    ...listPushRoutes(parts),
  ] as const;
  return new Map([
    ...named.map(([path, handle]) => [path, guard.checkName(handle)] as const),
    ...listAwsRoutes(parts),
    ['/health', answerHealth],
    ['/ready', ready],
    ...listPrometheusProbes(ready),
  ]);
}

/** How points that are pushed there are read, by path. */
const PUSH_HANDLERS: readonly (readonly [string, (options: PushOptions) => Handler])[] = [
  ['/api/v2/write', (push) => createWriteHandler(2, push)],
  ['/api/v3/write_lp', (push) => createWriteHandler(3, push)],
  ['/write', (push) => createWriteHandler(1, push)],
  ['/api/v1/write', createRemoteWriteHandler],
  ...[IMPORT_PATH, `${IMPORT_PATH}/*`, ...GROUP_PATHS.map((path) => `${path}/*`)].map(
    (path) => [path, createExpositionHandler] as const,
  ),
  ['/v1/metrics', createOtlpHandler],
  [PUT_PATH, createPutHandler],
];
export const PUSH_PATHS = PUSH_HANDLERS.map(([path]) => path);

/** Points come in here, and PromQL reads them. */
function listPushRoutes({
  accept,
  engine,
  guard,
  facts,
  monitoring,
}: RouteParts): readonly (readonly [string, Handler])[] {
  const onFailure = (request: object, code: string) => monitoring.requests.of(request)?.fail(code);
  const push = { ...engine, ...guard, accept, onFailure };
  return [
    ...PUSH_HANDLERS.map(([path, create]) => [path, create(push)] as const),
    ['/ping', answerPing],
    ['/query', answerQuery],
    [`${PROMQL_PATH}*`, createPromqlHandler({ ...push, version: facts.version })],
  ];
}

function listAwsRoutes({
  cloudwatch,
  config,
  guard,
  log,
  monitoring,
}: RouteParts): readonly (readonly [string, Handler])[] {
  const aws = createCloudwatchHandler({
    cloudwatch,
    log,
    now: () => new Date(),
    acceptAnySignature: config.cloudwatchAcceptAnySignature,
    monitor: monitoring.requests,
  });
  // Signatures protect it, where they are checked.
  const handle = config.cloudwatchAcceptAnySignature ? guard.checkName(aws) : aws;
  return [
    ['/aws', handle],
    ['/aws/*', handle],
  ];
}

function createDownload({ engine, access, archive, downloadLinks, log }: RouteParts): Handler {
  return createDownloadHandler({ ...engine, ...access, archive, links: downloadLinks, log });
}

function createEmbed({ panelLinks: links, config, monitoring, ...parts }: RouteParts): Handler {
  const { embedOrigins } = config;
  const onStream = (request: object) => monitoring.requests.of(request)?.end(200);
  return createEmbedHandler({ ...parts, links, embedOrigins, onStream });
}

function createReady({ engine, database, secrets, config }: RouteParts): Handler {
  const { dataDir, ingestQueuePoints: queueLimit } = config;
  return createReadyHandler(() => checkReadiness({ engine, database, secrets, dataDir, queueLimit }));
}

function watchMetrics({ engine, facts, monitoring, teardown }: RouteParts): Handler {
  const { stats, registry, quota } = engine;
  const watch = createProcessWatch(facts.startedAt);
  teardown.add(() => watch.stop());
  return createMetricsHandler(async () => [
    ...describeServer({
      ...facts,
      metrics: registry.all(),
      resources: quota.count(),
      resourceLimit: quota.limit(),
      license: monitoring.license.current(),
    }),
    ...describeReadings(stats.snapshot()),
    ...(await stats.readLatencies()),
    ...watch.read(),
  ]);
}
