/**
 * What models cost inside the running server: npx tsx bench/detector-live.ts
 * First 1,000 metrics are pushed by GraphQL while the server is profiled: self time of the detector per point. Then
 * four metrics of unlike kinds get a year of five minutes: that time and the bytes of their checkpoints, at the
 * beginning and at the end. --rows N changes how many rows of the 1,000 metrics are measured; --keep DIR keeps the
 * profiles there, to be opened in a browser's tools.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { STEP_MS } from './detector-load.ts';
import { listProfiles, readDetectorTime } from './detector-profile.ts';
import { makeYear, YEAR_ROWS } from './detector-year.ts';
import { printFigure } from './measure.ts';
import { ask, type MeasuredServer, monitorAll, startMeasuredServer } from './measure-server.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100' }, keep: { type: 'string' } },
});
const METRICS = 1000;
const WARM_UP_ROWS = 100;
const MAX_POINTS = 10_000;
/** Measured at either end of the year. */
const END_ROWS = 10_000;
const MAX_TRIES = 10_000;
/** The year ends a day ago. */
const START_MS = (Math.floor(Date.now() / STEP_MS) - YEAR_ROWS - 288) * STEP_MS;

const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted } }`;

const folder =
  values.keep === undefined ? mkdtempSync(join(tmpdir(), 'detector-profile-')) : resolve(values.keep);
mkdirSync(folder, { recursive: true });
try {
  await using server = await startMeasuredServer({ profileDir: folder });
  await measureMany(server);
  await measureYear(server);
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true });
}

async function measureMany(server: MeasuredServer): Promise<void> {
  const names = Array.from({ length: METRICS }, (_, i) => `many.${i}`);
  await monitorAll(server.url, names);
  const valueOf = (name: string, row: number) =>
    50 + 20 * Math.sin(row / 30 + name.length) + ((row * 7919 + Number(name.slice(5)) * 104_729) % 997) / 100;
  await push(server, names, [0, WARM_UP_ROWS], valueOf);
  const until = WARM_UP_ROWS + Number(values.rows);
  await measurePush(server, `${METRICS} metrics`, names, [WARM_UP_ROWS, until], valueOf);
}

async function measureYear(server: MeasuredServer): Promise<void> {
  const year = makeYear();
  const names = [...year.keys()];
  await monitorAll(server.url, names);
  const valueOf = (name: string, row: number) => year.get(name)?.[row] ?? 0;
  await measurePush(server, 'a year, its first rows', names, [0, END_ROWS], valueOf);
  await printStates(server, 'after its first rows');
  await push(server, names, [END_ROWS, YEAR_ROWS - END_ROWS], valueOf);
  await measurePush(server, 'a year, its last rows', names, [YEAR_ROWS - END_ROWS, YEAR_ROWS], valueOf);
  await printStates(server, 'at its end');
}

type Rows = readonly [from: number, until: number];
type ValueOf = (name: string, row: number) => number;

async function measurePush(
  server: MeasuredServer,
  what: string,
  names: readonly string[],
  rows: Rows,
  valueOf: ValueOf,
): Promise<void> {
  const before = listProfiles(folder).length;
  await server.profile(() => push(server, names, rows, valueOf));
  const profile = await awaitProfile(server, before);
  const points = (rows[1] - rows[0]) * names.length;
  const value = readDetectorTime(profile) / points;
  printFigure({ name: `${what}: self time of the detector`, value, unit: 'µs/point' });
}

/** The server writes on a signal, in one go: when it answers after the file was seen, the file is whole. */
async function awaitProfile({ url }: MeasuredServer, before: number): Promise<string> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const profile = listProfiles(folder)[before];
    await ask(url, '{ __typename }');
    if (profile !== undefined) return profile;
  }
  throw new Error(`the server wrote no profile to ${folder}`);
}

/** @throws Error when a point was not taken */
async function push(
  { url }: MeasuredServer,
  names: readonly string[],
  [from, until]: Rows,
  valueOf: ValueOf,
): Promise<void> {
  const rowsAtOnce = Math.floor(MAX_POINTS / names.length);
  for (let first = from; first < until; first += rowsAtOnce) {
    const points = [];
    for (let row = first; row < Math.min(until, first + rowsAtOnce); row++) {
      const timestamp = new Date(START_MS + row * STEP_MS).toISOString();
      for (const metric of names) points.push({ metric, timestamp, value: valueOf(metric, row) });
    }
    const { putMetricData } = await ask<{ putMetricData: { accepted: number } }>(url, PUT, { points });
    if (putMetricData.accepted === points.length) continue;
    throw new Error(`${putMetricData.accepted} of ${points.length} points were taken`);
  }
}

async function printStates(server: MeasuredServer, when: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.connection });
  await client.connect();
  const { rows } = await client.query<{ name: string; scored: number; bytes: number }>(
    `SELECT m.name, c.scored_rows AS scored, length(c.state) AS bytes
     FROM model_checkpoint c JOIN metric m ON m.number = c.metric_number
     WHERE m.name LIKE 'year.%' ORDER BY m.name`,
  );
  await client.end();
  for (const { name, scored, bytes } of rows) {
    // To the byte: a model that grows would begin with a few.
    const figure = { name: `${name} ${when}: checkpoint of ${scored} rows`, value: bytes, unit: 'bytes' };
    console.log(JSON.stringify({ ...figure, against: null, ratio: null }));
  }
}
