/**
 * Graphite, its pickles and StatsD on a replica: what comes is passed on to the same port of the leader, byte by byte. These
 * protocols have no acknowledgement, so what is on its way when the leader ends is lost, as with any server.
 */
import { createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { formatHost } from '../../api/http/format-host.ts';
import type { ClusterDirectory, ClusterMember } from '../../platform/cluster/cluster-directory.ts';
import type { Config } from '../../platform/config/read-config.ts';
import { FailureRuns } from '../../platform/runtime/failure-runs.ts';
import { listenOn } from '../../platform/runtime/listen.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Log } from '../../log.ts';
import { chooseKeylessHost, type KeylessProtocol } from '../listen-graphite.ts';
import { DatagramRelay } from './datagram-relay.ts';
import { RelayConnection, type RelayTarget } from './relay-connection.ts';

/** A sender waits so long for a leader, with what it has sent. */
const LEADER_LIMIT_MS = 5_000;
/** Connections of a port at once, as at the leader's: each may keep what it has sent in memory. */
const MAX_SENDERS = 100;
/** For what has come when a replica is stopped. */
const STOP_LIMIT_MS = 1_000;

const REFUSED_COUNTERS = {
  Graphite: 'graphite_connections_refused',
  StatsD: 'statsd_connections_refused',
} as const;

interface RelayOptions {
  readonly config: Config;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
}

type Directory = Pick<ClusterDirectory, 'reachLeader' | 'findLeader' | 'watchLeader' | 'watchLeaving'>;

interface Relayed {
  /** As the leader calls its port. */
  readonly name: 'graphite' | 'pickle' | 'statsd';
  readonly protocol: KeylessProtocol;
  readonly port: number;
  readonly portSetting: string;
  readonly hasDatagrams: boolean;
  readonly hasLines: boolean;
}

export class LeaderRelays {
  readonly #options: RelayOptions;
  readonly #servers: Server[] = [];
  readonly #datagrams: DatagramRelay[] = [];
  readonly #connections = new Set<RelayConnection>();
  readonly #failing = new FailureRuns();
  #starting: Promise<void> = Promise.resolve();
  #isStopped = false;
  #graphiteAddress: string | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Where lines of Graphite are taken; null where they are not. */
  get graphiteAddress(): string | null {
    return this.#graphiteAddress;
  }

  /** Anew, where it was started before. A port that cannot be had is logged, and not relayed. */
  start(directory: Directory): Promise<void> {
    return (this.#starting = this.#start(directory));
  }

  async #start(directory: Directory): Promise<void> {
    this.#close();
    for (const relayed of listRelayed(this.#options.config)) {
      // The leader takes the ports itself.
      if (this.#isStopped) return;
      try {
        await this.#listen(relayed, directory);
      } catch (error) {
        this.#options.log.warn(
          { err: error, port: relayed.port },
          `${relayed.name} is not passed on to the leader`,
        );
      }
    }
  }

  /**
   * Frees the ports for the leader, which this member becomes. What has come already waits for it, and the connections there are go
   * on: their senders need not see that anything has changed.
   */
  async handOver(): Promise<void> {
    this.#isStopped = true;
    await this.#starting;
    for (const connection of this.#connections) connection.loseLeader();
    this.#closeServers();
    await Promise.all(this.#datagrams.map((relay) => relay.closePort()));
  }

  /** For good. What has come is passed on before, unless this member has been the leader itself. */
  async stop(): Promise<void> {
    const passesOn = !this.#isStopped;
    this.#isStopped = true;
    await this.#starting;
    this.#closeServers();
    if (passesOn) {
      const ending = [...this.#datagrams, ...this.#connections].map((relay) => relay.end());
      await Promise.race([Promise.all(ending), pause(STOP_LIMIT_MS, undefined, { ref: false })]);
    }
    this.#close();
  }

  #close(): void {
    this.#closeServers();
    for (const relay of this.#datagrams.splice(0)) relay.close();
    for (const connection of this.#connections) connection.destroy();
  }

  /** Their ports are free at once. */
  #closeServers(): void {
    this.#graphiteAddress = null;
    for (const server of this.#servers.splice(0)) server.close();
  }

  async #listen(relayed: Relayed, directory: Directory): Promise<void> {
    const { name, port, portSetting, protocol, hasLines } = relayed;
    const host = chooseKeylessHost(this.#options, protocol);
    const readTarget = (leader: ClusterMember) => findPort(leader, name);
    const note = (isPassed: boolean) => this.#note(name, isPassed);
    const options = { directory, readTarget, hasLines, limitMs: LEADER_LIMIT_MS, note };
    const server = createServer((sender) => {
      const connection = new RelayConnection(sender, options);
      this.#connections.add(connection);
      connection.onceDone(() => this.#connections.delete(connection));
      void connection.open();
    });
    server.maxConnections = MAX_SENDERS;
    server.on('drop', () => this.#options.stats.count(REFUSED_COUNTERS[protocol]));
    await listenOn(server, { host, port, portSetting });
    this.#servers.push(server);
    if (name === 'graphite') this.#graphiteAddress = `tcp://${formatHost(host)}:${port}`;
    if (!relayed.hasDatagrams) return;
    const datagrams = new DatagramRelay({
      ...this.#options,
      findTarget: async () => {
        const leader = await directory.findLeader(LEADER_LIMIT_MS);
        return leader === null ? null : readTarget(leader);
      },
      note,
    });
    await datagrams.start(host, port);
    this.#datagrams.push(datagrams);
  }

  #note(name: Relayed['name'], isPassed: boolean): void {
    const { stats, log } = this.#options;
    if (isPassed) {
      this.#failing.succeed(name);
      return;
    }
    stats.count('relays_failed');
    if (!this.#failing.fail(name)) return;
    log.warn({ protocol: name }, 'what came to this replica is dropped: there is no leader that takes it');
  }
}

/** Those of a fixed port: nobody knows one that was chosen among the free ones. */
function listRelayed({ graphitePort, graphitePicklePort, statsdPort }: Config): readonly Relayed[] {
  const all: readonly (Omit<Relayed, 'port'> & { readonly port: number | null | undefined })[] = [
    {
      name: 'graphite',
      protocol: 'Graphite',
      port: graphitePort?.port,
      portSetting: 'LAPWING_GRAPHITE_PORT',
      hasDatagrams: true,
      hasLines: true,
    },
    {
      name: 'pickle',
      protocol: 'Graphite',
      port: graphitePicklePort,
      portSetting: 'LAPWING_GRAPHITE_PICKLE_PORT',
      hasDatagrams: false,
      hasLines: false,
    },
    {
      name: 'statsd',
      protocol: 'StatsD',
      port: statsdPort,
      portSetting: 'LAPWING_STATSD_PORT',
      hasDatagrams: true,
      hasLines: true,
    },
  ];
  return all.flatMap(({ port, ...rest }) =>
    port === null || port === undefined || port === 0 ? [] : [{ ...rest, port }],
  );
}

function findPort({ address, ports }: ClusterMember, name: Relayed['name']): RelayTarget | null {
  const port = ports[name];
  return port === undefined ? null : { host: new URL(address).hostname.replace(/^\[|\]$/g, ''), port };
}
