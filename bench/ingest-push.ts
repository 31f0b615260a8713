/** The three ways in, each as a sender would use it: GraphQL over kept connections, Graphite lines, the engine itself. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { readConfig } from '../src/platform/config/read-config.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { createEngine } from '../src/app/build-core.ts';
import { createLog } from '../src/log.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';
import { createAws } from '../src/core/sources/aws/aws.ts';

/** One point of each metric, all of one time. */
export interface Row {
  readonly names: readonly string[];
  readonly values: readonly number[];
  readonly timestampMs: number;
}

/** One sender. `push` settles when the row is acknowledged, or, by Graphite, when the socket takes more. */
export interface Pusher {
  readonly push: (row: Row) => Promise<void>;
  readonly end: () => Promise<void>;
}

const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted } }`;

/** @param url of the endpoint */
export function openGraphqlPusher(url: string): Pusher {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const head = `{"query":${JSON.stringify(PUT)},"variables":{"points":[`;
  return {
    push: async ({ names, values, timestampMs }) => {
      const time = new Date(timestampMs).toISOString();
      const points = names.map(
        (name, i) => `{"metric":"${name}","timestamp":"${time}","value":${values[i]}}`,
      );
      const answer = await post(url, agent, `${head}${points.join(',')}]}}`);
      if (!answer.includes(`"accepted":${names.length}}`)) throw new Error(`not taken: ${answer}`);
    },
    end: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

function post(url: string, agent: Agent, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** @param target `tcp://host:port` */
export async function openGraphitePusher(target: string): Promise<Pusher> {
  const { hostname, port } = new URL(target);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return {
    push: async ({ names, values, timestampMs }) => {
      const time = timestampMs / 1000;
      const lines = names.map((name, i) => `${name} ${values[i]} ${time}\n`);
      if (!socket.write(lines.join(''))) await once(socket, 'drain');
    },
    end: async () => {
      socket.end();
      await once(socket, 'close');
    },
  };
}

/**
 * @param settings over those of the bench
 * @returns what makes senders into one engine in this process, and ends it
 */
export async function openEngine(
  connection: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ open: () => Pusher; end: () => Promise<void> }> {
  const log = createLog('error');
  const database = createDatabase({ connection, log, use: 'lapwing bench' });
  const stats = createStats();
  const endpoint = () => Promise.reject(new Error('a bench has no AWS'));
  const aws = createAws({ endpoint, stats, historyDays: 14, settleSeconds: 360 });
  const config = readConfig({ LAPWING_HOST_METRICS: 'off', ...settings });
  const engine = await createEngine({ database, config, log, stats, sources: [], aws });
  engine.start();
  const push = async ({ names, values, timestampMs }: Row) => {
    const points = names.map((metric, i) => ({ metric, timestampMs, value: values[i] ?? 0 }));
    const { accepted } = await engine.accept.acceptNamed(points);
    if (accepted !== points.length) throw new Error('points were not taken');
  };
  return {
    open: () => ({ push, end: () => Promise.resolve() }),
    end: async () => {
      await engine.stop();
      await database.stop();
    },
  };
}
