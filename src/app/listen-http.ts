/** The HTTP port, and what answers on it: GraphQL, the page, and the routes of http-routes.ts. */
import { DETECTOR_KINDS } from '../detector/detector-kinds.ts';
import { Archive } from '../core/transfer/archive.ts';
import { createReadAddress, type ReadAddress } from '../core/access/client-address.ts';
import { createDownloadLinks, type DownloadLinks } from '../core/transfer/download-link.ts';
import { PanelLinks } from '../core/access/panel-links/panel-links.ts';
import type { Cloudwatch } from '../core/cloudwatch-service/service.ts';
import type { Incidents } from '../core/incidents/incidents.ts';
import type { Engine } from './build-core.ts';
import { listRoutes } from './http-routes.ts';
import { formatHost } from '../api/http/format-host.ts';
import { createSchema } from '../api/graphql/schema.ts';
import type { RunLocally } from '../api/graphql/server/run-locally.ts';
import { createGraphqlServer, type GraphqlServer } from '../api/graphql/server/yoga.ts';
import { readTrustedDocuments } from '../api/graphql/server/trusted-documents.ts';
import { createGraphiqlHandler } from '../api/http/page/graphiql.ts';
import { monitorHandler } from '../api/http/monitored-route.ts';
import { createPageHandler, isForPage } from '../api/http/page/page-endpoint.ts';
import { BuiltPage } from '../api/http/page/page-files.ts';
import { createRouteGuard } from '../api/http/guard-routes.ts';
import { createReadWatch } from '../api/http/sse-flow-control.ts';
import { HttpServer } from '../api/http/server.ts';
import { createArchiveUploads } from '../api/http/downloads/upload-archive.ts';
import { createOutbound } from '../platform/outbound/outbound-client.ts';
import { openCloudwatch } from './open-cloudwatch-service.ts';
import { openIncidents } from './open-incidents.ts';
import type { Access } from './open-access.ts';
import type { OpenDatabase } from './open-database.ts';
import { renewSecrets, SecretCheck, type SealingKeys } from './sealing-keys.ts';
import type { SelfMonitoring } from './open-telemetry.ts';
import type { SendEnvironment } from './app-context.ts';

export interface HttpListener {
  /** Without a slash at its end. */
  readonly address: string;
  readonly runConfiguration: RunLocally;
}

export async function listenHttp(
  options: SendEnvironment & {
    readonly engine: Engine;
    readonly access: Access;
    readonly sealingKeys: SealingKeys;
    readonly database: OpenDatabase;
    readonly monitoring: SelfMonitoring;
    readonly facts: {
      readonly version: string;
      readonly startedAt: Date;
      readonly graphiteAddress: () => string | null;
    };
  },
): Promise<HttpListener> {
  const { config, log, engine, access, monitoring, teardown } = options;
  const { links } = options.sealingKeys;
  await renewSecrets(engine.prisma, options.sealingKeys);
  const cloudwatch = await openCloudwatch(options);
  const incidents = await openIncidents(options);
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
  const readAddress = createReadAddress(config.trustedProxies);
  const shared = {
    ...options,
    cloudwatch,
    incidents,
    secrets,
    downloadLinks,
    panelLinks,
    archive,
    readAddress,
  };
  const { server: graphql, withGraphiql } = await openGraphql(shared);
  const built = new BuiltPage();
  const page = createPageHandler(built);
  const guard = createRouteGuard({
    keys: access.keys,
    stats: engine.stats,
    names: [config.host, ...config.allowedHosts],
    readAddress,
  });
  const server = new HttpServer({
    host: config.host,
    port: config.port,
    routes: listRoutes({
      ...shared,
      guard,
      page,
      built,
      panels: graphql.panels,
      graphql: withGraphiql ? createGraphiqlHandler(graphql.handle) : graphql.handle,
    }),
    notFound: (answerJson) => {
      const showPage = guard.checkName(page);
      return (request, response) => (isForPage(request) ? showPage : answerJson)(request, response);
    },
    monitor: (route, handle) => monitorHandler(route, handle, monitoring.requests),
    socketRoutes: new Map([['/graphql', guard.checkSocketName(graphql.sockets)]]),
    log,
  });
  const port = await server.start();
  teardown.add(() => server.stop());
  return { address: `http://${formatHost(config.host)}:${port}`, runConfiguration: graphql.runConfiguration };
}

/** The API, without its path. */
async function openGraphql(
  options: Parameters<typeof listenHttp>[0] & {
    readonly cloudwatch: Cloudwatch;
    readonly incidents: Incidents;
    readonly downloadLinks: DownloadLinks;
    readonly panelLinks: PanelLinks;
    readonly archive: Archive;
    readonly readAddress: ReadAddress;
  },
): Promise<{ readonly server: GraphqlServer; readonly withGraphiql: boolean }> {
  const { config, log, engine, access, database, monitoring, archive, teardown } = options;
  const { cloudwatch, incidents, downloadLinks, panelLinks, readAddress } = options;
  const [{ name, version, learningRows }] = DETECTOR_KINDS;
  const schema = createSchema();
  const trusted = await readTrustedDocuments(config, schema);
  const readers = createReadWatch({ log });
  teardown.add(readers.stop);
  const outbound = createOutbound({ allowed: config.allowPrivateTargets });
  const server = createGraphqlServer({
    parts: {
      ...engine,
      log,
      keys: access.keys,
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
  });
  // GraphiQL asks for the schema and for whatever is typed into it.
  return { server, withGraphiql: config.graphiql && trusted?.only !== true };
}
