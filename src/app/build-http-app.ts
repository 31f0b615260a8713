/** What the HTTP port answers: GraphQL, the page, and the routes of http-routes.ts. */
import { DETECTOR_KINDS } from '../detector/detector-kinds.ts';
import { Archive } from '../core/transfer/archive.ts';
import type { ReadAddress } from '../core/access/client-address.ts';
import { createDownloadLinks, type DownloadLinks } from '../core/transfer/download-link.ts';
import { PanelLinks } from '../core/access/panel-links/panel-links.ts';
import type { Cloudwatch } from '../core/cloudwatch-service/service.ts';
import { Incidents } from '../core/incidents/incidents.ts';
import type { Engine } from './build-core.ts';
import { listRoutes } from './http-routes.ts';
import { createSchema } from '../api/graphql/schema.ts';
import type { RunLocally } from '../api/graphql/server/run-locally.ts';
import { createGraphqlServer, type GraphqlServer } from '../api/graphql/server/yoga.ts';
import { readTrustedDocuments } from '../api/graphql/server/trusted-documents.ts';
import { createPointStream, POINT_STREAM_PATH } from '../api/http/cluster/point-stream.ts';
import { createScoreStream, SCORE_STREAM_PATH } from '../api/http/cluster/score-stream.ts';
import { createGraphiqlHandler } from '../api/http/page/graphiql.ts';
import type { HttpApp } from '../api/http/routes.ts';
import { monitorHandler } from '../api/http/monitored-route.ts';
import { createPageHandler, isForPage } from '../api/http/page/page-endpoint.ts';
import { BuiltPage } from '../api/http/page/page-files.ts';
import { createRouteGuard } from '../api/http/guard-routes.ts';
import { createReadWatch } from '../api/http/sse-flow-control.ts';
import { createArchiveUploads } from '../api/http/downloads/upload-archive.ts';
import { createOutbound } from '../platform/outbound/outbound-client.ts';
import { forwardWrites, type Forwarding } from './cluster/forward-writes.ts';
import { limitToReads } from './cluster/limit-to-reads.ts';
import type { ForwardedHeader } from '../platform/cluster/forwarded-header.ts';
import type { ClusterMember } from '../platform/cluster/cluster-directory.ts';
import { openCloudwatch } from './open-cloudwatch-service.ts';
import type { Access } from './open-access.ts';
import type { OpenDatabase } from './open-database.ts';
import { renewSecrets, SecretCheck, type SealingKeys } from './sealing-keys.ts';
import type { SelfMonitoring } from './open-telemetry.ts';
import type { SendEnvironment } from './app-context.ts';
import { hostname } from 'node:os';
import type { Config } from '../platform/config/read-config.ts';
import { createMailer, type Mailer } from '../core/notify/email.ts';

export interface HttpOptions extends SendEnvironment {
  readonly engine: Engine;
  readonly access: Access;
  readonly sealingKeys: SealingKeys;
  readonly database: Pick<OpenDatabase, 'description' | 'isUp' | 'isEmbedded'>;
  readonly monitoring: SelfMonitoring;
  readonly readAddress: ReadAddress;
  /** What members of a cluster sign. */
  readonly header: ForwardedHeader;
  readonly listMembers: () => Promise<readonly ClusterMember[]>;
  /** How a replica has the leader do what it cannot do itself; null for a server that can do everything. */
  readonly forwarding: Forwarding | null;
  readonly facts: {
    readonly version: string;
    readonly startedAt: Date;
    readonly graphiteAddress: () => string | null;
  };
}

export interface BuiltHttp {
  readonly app: HttpApp;
  readonly incidents: Incidents;
  readonly runConfiguration: RunLocally;
}

export async function buildHttpApp(options: HttpOptions): Promise<BuiltHttp> {
  const { config, log, engine, access, monitoring, readAddress, forwarding, teardown } = options;
  const { links } = options.sealingKeys;
  const isReplica = forwarding !== null;
  if (!isReplica) await renewSecrets(engine.prisma, options.sealingKeys);
  const cloudwatch = await openCloudwatch({ ...options, isReplica });
  const incidents = await openIncidents({ ...options, isReplica });
  const secrets = new SecretCheck({ ...engine, settings: config, log });
  await secrets.check();
  const downloadLinks = createDownloadLinks({
    key: links.downloads,
    keys: access.keys,
    lifeSeconds: config.downloadLinkSeconds,
  });
  const users = access.login?.users ?? null;
  const panelLinks = new PanelLinks({ ...engine, ...access, key: links.panels, users, log });
  teardown.add(() => panelLinks.stop());
  const archive = new Archive(engine);
  const shared = { ...options, cloudwatch, incidents, secrets, downloadLinks, panelLinks, archive };
  const { server: graphql, withGraphiql } = await openGraphql(shared);
  const built = new BuiltPage();
  const page = createPageHandler(built);
  const guard = createRouteGuard({
    keys: access.keys,
    stats: engine.stats,
    names: [config.host, ...config.allowedHosts],
    readAddress,
  });
  const routeParts = {
    ...shared,
    guard,
    accept: forwarding?.accept ?? engine.accept,
    page,
    built,
    panels: graphql.panels,
    graphql: withGraphiql ? createGraphiqlHandler(graphql.handle) : graphql.handle,
  };
  const app: HttpApp = {
    routes: listRoutes(routeParts),
    notFound: (answerJson) => {
      const showPage = guard.checkName(page);
      return (request, response) => (isForPage(request) ? showPage : answerJson)(request, response);
    },
    monitor: (route, handle) => monitorHandler(route, handle, monitoring.requests),
    socketRoutes: new Map([
      ['/graphql', guard.checkSocketName(graphql.sockets)],
      // Replicas have scores from the leader, which has points from them.
      ...(config.cluster && !isReplica
        ? ([
            [SCORE_STREAM_PATH, createScoreStream({ ...engine, ...options })],
            [POINT_STREAM_PATH, createPointStream({ ...engine, ...options, ...monitoring })],
          ] as const)
        : []),
    ]),
  };
  const { runConfiguration } = graphql;
  return { app: forwarding === null ? app : forwardWrites(app, forwarding), incidents, runConfiguration };
}

/** The API, without its path. */
async function openGraphql(
  options: HttpOptions & {
    readonly cloudwatch: Cloudwatch;
    readonly incidents: Incidents;
    readonly downloadLinks: DownloadLinks;
    readonly panelLinks: PanelLinks;
    readonly archive: Archive;
  },
): Promise<{ readonly server: GraphqlServer; readonly withGraphiql: boolean }> {
  const { config, log, engine, access, database, monitoring, archive, teardown } = options;
  const { cloudwatch, incidents, downloadLinks, panelLinks, readAddress, listMembers, forwarding } = options;
  const [{ name, version, learningRows }] = DETECTOR_KINDS;
  const schema = createSchema();
  const trusted = await readTrustedDocuments(config, schema);
  const readers = createReadWatch({ log });
  teardown.add(readers.stop);
  const outbound = createOutbound({ allowed: config.allowPrivateTargets });
  const server = createGraphqlServer({
    parts: {
      ...(forwarding === null ? engine : { ...engine, ...limitToReads(engine, forwarding) }),
      log,
      keys: access.keys,
      listMembers,
      downloadLinks,
      panelLinks,
      archiveUploads: createArchiveUploads({ ...engine, archive, outbound }),
      cloudwatch,
      incidents,
      readLicense: monitoring.license.current,
      flushPeriod: monitoring.flushPeriod,
      facts: {
        ...options.facts,
        publicUrl: config.publicUrl ?? null,
        embedOrigins: config.embedOrigins,
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
    monitor: monitoring.requests,
    tracing: monitoring.tracing,
    whenRead: readers.whenRead,
    readAddress,
    forward: forwarding?.forwardOperation ?? null,
  });
  // GraphiQL asks for the schema and for whatever is typed into it.
  return { server, withGraphiql: config.graphiql && trusted?.only !== true };
}

async function openIncidents(
  options: SendEnvironment & {
    readonly engine: Engine;
    readonly sealingKeys: SealingKeys;
    /** Reads only: the leader opens incidents and sends messages. */
    readonly isReplica: boolean;
  },
): Promise<Incidents> {
  const { config, log, engine, sealingKeys, isReplica, teardown } = options;
  const incidents = await Incidents.open({
    ...engine,
    log,
    seal: sealingKeys.notifications,
    outbound: createOutbound({ allowed: config.allowPrivateTargets }),
    mailer: openMailer(config),
    now: () => new Date(),
    publicUrl: config.publicUrl ?? null,
    retentionDays: config.retentionDays,
  });
  teardown.add(() => incidents.stop());
  if (!isReplica) incidents.start();
  return incidents;
}

/** Null where the settings name no SMTP server. */
export function openMailer({ smtpUrl: url, smtpFrom }: Config): Mailer | null {
  return url === undefined ? null : createMailer({ url, from: smtpFrom ?? `lapwing@${hostname()}` });
}
