/**
 * Graphite, its pickles and StatsD on a replica: what comes is passed on to the same port of the leader, byte by byte. These
 * protocols have no acknowledgement, so what is on its way when the leader ends is lost, as with any server.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ClusterDirectory, ClusterMember } from '../../platform/cluster/cluster-directory.ts';
import type { Config } from '../../platform/config/read-config.ts';
import { listenOn } from '../../platform/runtime/listen.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Log } from '../../log.ts';
import { chooseHost } from '../listen-graphite.ts';

/** A sender waits so long for a leader, with what it has sent. */
const LEADER_LIMIT_MS = 5_000;
/** That wait for a leader; further ones are dropped. Some megabytes. */
const MAX_WAITING_DATAGRAMS = 5_000;

interface RelayOptions {
  readonly config: Config;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
}

interface Relayed {
  /** As the leader calls its port. */
  readonly name: 'graphite' | 'pickle' | 'statsd';
  readonly port: number;
  readonly portSetting: string;
  readonly hasDatagrams: boolean;
}

export class LeaderRelays {
  readonly #options: RelayOptions;
  readonly #servers: Server[] = [];
  readonly #datagrams: DatagramSocket[] = [];
  readonly #connections = new Set<Socket>();
  #starting: Promise<void> = Promise.resolve();
  #isStopped = false;
  #waitingDatagrams = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Anew, where it was started before. A port that cannot be had is logged, and not relayed. */
  start(directory: Pick<ClusterDirectory, 'findLeader'>): Promise<void> {
    return (this.#starting = this.#start(directory));
  }

  async #start(directory: Pick<ClusterDirectory, 'findLeader'>): Promise<void> {
    await this.#close();
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

  /** For good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#starting;
    await this.#close();
  }

  async #close(): Promise<void> {
    const closed = this.#servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#datagrams.splice(0)) socket.close();
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(closed);
  }

  async #listen(relayed: Relayed, directory: Pick<ClusterDirectory, 'findLeader'>): Promise<void> {
    const { port, portSetting } = relayed;
    const host = chooseHost(this.#options);
    const server = createServer((socket) => void this.#relay(socket, relayed, directory));
    await listenOn(server, { host, port, portSetting });
    this.#servers.push(server);
    if (relayed.hasDatagrams) await this.#listenForDatagrams(host, relayed, directory);
  }

  async #relay(
    sender: Socket,
    { name }: Relayed,
    directory: Pick<ClusterDirectory, 'findLeader'>,
  ): Promise<void> {
    this.#track(sender);
    const target = readTarget(await directory.findLeader(LEADER_LIMIT_MS), name);
    if (target === null || sender.destroyed) {
      if (target === null) this.#options.stats.count('relays_failed');
      sender.destroy();
      return;
    }
    const leader = this.#track(connect(target));
    sender.once('close', () => leader.destroySoon());
    leader.once('close', () => sender.destroy());
    sender.pipe(leader);
    leader.pipe(sender);
  }

  #track(socket: Socket): Socket {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    // Its end is what matters, and comes by itself.
    return socket.on('error', () => undefined);
  }

  async #listenForDatagrams(
    host: string,
    { name, port }: Relayed,
    directory: Pick<ClusterDirectory, 'findLeader'>,
  ): Promise<void> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', (error) =>
      this.#options.log.debug({ err: error }, 'a datagram could not be passed on'),
    );
    socket.on('message', (message) => void this.#passOn(socket, message, name, directory));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, resolve);
    });
    this.#datagrams.push(socket);
  }

  async #passOn(
    socket: DatagramSocket,
    message: Buffer,
    name: Relayed['name'],
    directory: Pick<ClusterDirectory, 'findLeader'>,
  ): Promise<void> {
    this.#waitingDatagrams += 1;
    const isFull = this.#waitingDatagrams > MAX_WAITING_DATAGRAMS;
    const target = isFull ? null : readTarget(await directory.findLeader(LEADER_LIMIT_MS), name);
    this.#waitingDatagrams -= 1;
    // The ports may have been closed meanwhile.
    if (target === null || !this.#datagrams.includes(socket)) this.#options.stats.count('relays_failed');
    else socket.send(message, target.port, target.host);
  }
}

/** Those of a fixed port: nobody knows one that was chosen among the free ones. */
function listRelayed({ graphitePort, graphitePicklePort, statsdPort }: Config): readonly Relayed[] {
  const all: readonly (Omit<Relayed, 'port'> & { readonly port: number | null | undefined })[] = [
    { name: 'graphite', port: graphitePort?.port, portSetting: 'LAPWING_GRAPHITE_PORT', hasDatagrams: true },
    {
      name: 'pickle',
      port: graphitePicklePort,
      portSetting: 'LAPWING_GRAPHITE_PICKLE_PORT',
      hasDatagrams: false,
    },
    { name: 'statsd', port: statsdPort, portSetting: 'LAPWING_STATSD_PORT', hasDatagrams: true },
  ];
  return all.flatMap(({ port, ...rest }) =>
    port === null || port === undefined || port === 0 ? [] : [{ ...rest, port }],
  );
}

function readTarget(
  leader: ClusterMember | null,
  name: Relayed['name'],
): { host: string; port: number } | null {
  const port = leader?.ports[name];
  if (leader === null || port === undefined) return null;
  return { host: new URL(leader.address).hostname.replace(/^\[|\]$/g, ''), port };
}
