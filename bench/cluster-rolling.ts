/**
 * Restarts the members of a cluster one after the other behind a real HAProxy with the file of docs/deploy, while pushes go
 * through it and two subscribers change the member at every event: `npm run bench:cluster-rolling -- --rounds 3`. Needs haproxy.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLog } from '../src/log.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { Cluster, type Member } from '../test/cluster/start-cluster.ts';
import { wander } from '../test/cluster/wandering-follower.ts';
import { ask } from '../test/faults/ask-server.ts';
import { countWrongData, judge } from '../test/faults/judge.ts';
import { monitorAll, produceLoad } from '../test/faults/workload.ts';
import { findFreePort } from '../test/helpers/server-process.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '2' } } });
/** HAProxy looks every half second. */
const NOTICE_MS = 1_500;
const NAMES = ['one', 'two', 'three'] as const;

/** The file of docs/deploy with the addresses of these members, without the part for Graphite. */
async function writeConfiguration(members: readonly Member[], port: number, folder: string): Promise<string> {
  const text = await readFile(new URL('../docs/deploy/haproxy.cluster.cfg', import.meta.url), 'utf8');
  const [http = ''] = text.split('# Graphite');
  const lines = http.replace('bind :4000', `bind 127.0.0.1:${port}`).split('\n');
  const own = lines.map((line) => {
    const place = NAMES.findIndex((name) => line.trim().startsWith(`server ${name} `));
    const member = members[place];
    return member === undefined ? line : `  server ${NAMES[place]} 127.0.0.1:${member.port}`;
  });
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, own.join('\n'));
  return file;
}

await using database = await startTemporaryEmbedded({ log: createLog('silent'), settings: { fsync: 'on' } });
await using cluster = await Cluster.start({ connections: [database.connection] });
const { members } = cluster;
const folder = await mkdtemp(join(tmpdir(), 'lapwing-rolling-'));
const port = await findFreePort();
const haproxy = spawn('haproxy', ['-db', '-f', await writeConfiguration(members, port, folder)], {
  stdio: 'inherit',
});
haproxy.once('error', (error) => {
  throw new Error(`haproxy cannot be run: ${error.message}`);
});
const url = `http://127.0.0.1:${port}/graphql`;
const isThere = () =>
  fetch(url, { method: 'OPTIONS' }).then(
    ({ status }) => status < 500,
    () => false,
  );
while (!(await isThere())) await pause(100);
const metrics = await monitorAll(url);
const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
const urls = members.map((member) => member.url);
const followers = (['ws', 'sse'] as const).map((transport) => wander(urls, transport, serverInfo.cursor));
const load = produceLoad(url, { apart: true });
await load.progress();
for (let round = 0; round < Number(values.rounds); round++) {
  for (const member of members) {
    await member.stop();
    await member.restart();
    await pause(NOTICE_MS);
    await load.progress();
  }
}
await load.stop();
const verdict = await judge(url, metrics, load.acknowledgedRows(), followers);
await Promise.all(followers.map((follower) => follower.stop()));
haproxy.kill();
await rm(folder, { recursive: true, force: true });
const failed = load.refusals();
console.log(
  JSON.stringify({
    name: `rolling restarts behind HAProxy, ${values.rounds} of three members: the slowest push`,
    value: Math.round(load.slowestAnswerMs()),
    unit: 'ms',
    failed,
    acknowledged: load.acknowledgedPoints(),
    slowestReadMs: Math.round(load.slowestReadMs()),
    ...verdict,
  }),
);
process.exitCode = failed + countWrongData(verdict) === 0 ? 0 : 1;
