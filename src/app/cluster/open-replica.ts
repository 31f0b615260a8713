/** A replica: all that a server has, on a database that it only reads, kept up to date with what the leader commits. */
import { ClusterDirectory } from '../../platform/cluster/cluster-directory.ts';
import type { ForwardedHeader } from '../../platform/cluster/forwarded-header.ts';
import { LeaderConnections } from '../../platform/cluster/leader-connections.ts';
import type { Config } from '../../platform/config/read-config.ts';
import { DatabaseAwayError } from '../../platform/postgres/outage.ts';
import { describeConnection } from '../../platform/postgres/connection.ts';
import { buildOrTearDown } from '../../platform/runtime/shutdown-stack.ts';
import { SharedRead } from '../../platform/runtime/shared-read.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createForwardOperation } from '../../api/graphql/transport/forward-operation.ts';
import { createForward } from '../../api/http/cluster/forward-request.ts';
import { createForwardSocket } from '../../api/http/cluster/forward-socket.ts';
import type { Readiness } from '../../api/http/health.ts';
import type { HttpApp } from '../../api/http/routes.ts';
import { createReadAddress } from '../../core/access/client-address.ts';
import { SessionCookie } from '../../core/access/login/session-cookie.ts';
import { BARS_FOLLOWER } from '../../core/bars/bar-rollup.ts';
import { LogTail } from '../../core/score-log/tail/log-tail.ts';
import type { Log } from '../../log.ts';
import { createEngine } from '../build-core.ts';
import { buildHttpApp } from '../build-http-app.ts';
import { openAccess } from '../open-access.ts';
import type { SelfMonitoring } from '../open-telemetry.ts';
import type { SealingKeys } from '../sealing-keys.ts';
import { openAws } from '../sources/open-aws.ts';
import { openSources } from '../sources/open-sources.ts';
import type { Forwarding } from './forward-writes.ts';
import { FollowProgress } from './follow-progress.ts';
import { openReplicaDatabase, type ReplicaDatabase } from './open-replica-database.ts';
import { PointForwarder } from './point-forwarder.ts';
import { ReplicaCaches } from './replica-caches.ts';
import { ScoreReceiver } from './score-receiver.ts';

export interface ReplicaOptions {
  readonly config: Config;
  /** DATABASE_URL. */
  readonly connection: string;
  readonly log: Log;
  readonly stats: Stats;
  readonly monitoring: SelfMonitoring;
  readonly sealingKeys: SealingKeys;
  readonly header: ForwardedHeader;
  readonly facts: { readonly version: string; readonly startedAt: Date };
  /** Where it takes lines of Graphite for the leader; null where it does not. */
  readonly graphiteAddress: () => string | null;
  /** Where this member listens: a URL without a slash at its end. */
  readonly address: string;
  /** Nothing in its memory means anything any more: another log begins. */
  readonly onOtherLog: () => void;
}

export interface Replica {
  readonly app: HttpApp;
  readonly directory: ClusterDirectory;
  readonly stop: () => Promise<void>;
}

/** What is older than this was not read in time: somebody else is asked. */
const MAX_LOG_AGE_MS = 5_000;
const ATTACH_LIMIT_MS = 5_000;
/** Clients whose requests end meanwhile share what is read for them. */
const CATCH_UP_REST_MS = 5;

/** Ready to answer when this resolves. @throws what the database throws */
export function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { config, connection, log, stats, monitoring } = options;
  return buildOrTearDown(async (teardown) => {
    const onSilent = () => stats.count('database_silences');
    const database = openReplicaDatabase({ connection, log, teardown, onSilent });
    const directory = new ClusterDirectory(database.pool, database.changes);
    teardown.add(() => directory.stop());
    const { aws, tellOwnUrl } = openAws(config, stats);
    tellOwnUrl(`${options.address}/aws`);
    teardown.add(() => aws.stop());
    const polled = openSources({ config, log, stats, teardown });
    const { tracing } = monitoring;
    const licensedResources = () => monitoring.license.current().resources;
    const core = { database, config, log, stats, aws, licensedResources, tracing };
    const engine = await createEngine({ ...core, sources: polled.all, isReplica: true });
    teardown.add(() => {
      engine.live.close();
      engine.statusFeed.close();
    });
    await engine.inventory.load();
    polled.start();
    const progress = new FollowProgress({ ...engine, log });
    const { onOtherLog } = options;
    const tail = new LogTail({ ...engine, barsFollower: BARS_FOLLOWER, log, onOtherLog });
    const receiver = new ScoreReceiver({ ...engine, ...options, directory, tail });
    teardown.add(async () => {
      await Promise.all([receiver.stop(), tail.stop(), progress.stop()]);
    });
    const access = await openAccess({
      config,
      log,
      isReplica: true,
      engine: { ...engine, ...database.access },
      database,
      teardown,
      // The leader has made the first one.
      showKey: undefined,
    });
    const readAddress = createReadAddress(config.trustedProxies, (headers) => options.header.read(headers));
    // Known once everything that follows the leader has been made.
    let readAll = () => Promise.resolve();
    const catchUp = new SharedRead(() => readAll(), CATCH_UP_REST_MS);
    const leader = new LeaderConnections(directory);
    teardown.add(() => leader.stop());
    const accept = new PointForwarder({
      ...{ ...engine, ...options, directory, tail, tracing },
      catchUp: () => catchUp.read(),
    });
    teardown.add(() => accept.stop());
    const forward = { ...options, leader, readAddress, catchUp: () => catchUp.read() };
    const forwarding: Forwarding = {
      forward: createForward(forward),
      forwardSocket: createForwardSocket(forward),
      forwardOperation: createForwardOperation(forward),
      checkReadiness: () => checkReadiness({ database, caches, tail, accept, directory }),
      cookie: openCookie(config),
      accept,
      bars: tail,
    };
    const built = await buildHttpApp({
      ...options,
      ...{ engine, access, readAddress, forwarding, teardown },
      database: { description: describeConnection(connection), isEmbedded: false, isUp: database.isUp },
      listMembers: () => directory.list(),
      facts: { ...options.facts, graphiteAddress: options.graphiteAddress },
    });
    const caches = new ReplicaCaches({ ...engine, ...database, incidents: built.incidents, log });
    teardown.add(() => caches.stop());
    readAll = async () => {
      await caches.catchUp();
      await Promise.all([tail.look().catch(() => undefined), progress.catchUp()]);
    };
    // What is read from now on is read again when it changes.
    if (!(await database.changes.whenAttached(ATTACH_LIMIT_MS))) throw new DatabaseAwayError();
    await caches.catchUp();
    await tail.look();
    tail.start();
    receiver.start();
    accept.start();
    progress.start();
    return { app: built.app, directory, stop: teardown.run };
  });
}

/** The cookie of sessions, where people sign in: it shows whose requests the leader has to answer. */
function openCookie({ oidcIssuer, publicUrl }: Config): SessionCookie | null {
  return oidcIssuer === undefined || publicUrl === undefined ? null : new SessionCookie(publicUrl);
}

async function checkReadiness(options: {
  readonly database: Pick<ReplicaDatabase, 'isUp'>;
  readonly caches: Pick<ReplicaCaches, 'isCurrent'>;
  readonly tail: Pick<LogTail, 'ageMs'>;
  readonly accept: Pick<PointForwarder, 'leaderSpeaksOtherwise'>;
  readonly directory: ClusterDirectory;
}): Promise<Readiness> {
  const { database, caches, tail, accept, directory } = options;
  if (!database.isUp()) return { ready: false, problems: ['the database does not answer'] };
  if (!caches.isCurrent() || tail.ageMs > MAX_LOG_AGE_MS) {
    return { ready: false, problems: ['what the leader has committed could not be read'] };
  }
  if (accept.leaderSpeaksOtherwise) {
    return {
      ready: false,
      problems: ['the member that leads has another version, and takes no points of it'],
    };
  }
  const leader = await directory.findLeader(0);
  return { ready: true, problems: leader === null ? ['the cluster has no leader just now'] : [] };
}
