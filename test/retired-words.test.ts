/** Home-made words that gave way to the field's terms do not come back: one table of each and what to say instead. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const RETIRED: readonly (readonly [words: RegExp, instead: string])[] = [
  [/runInTwoSteps/, 'runPipelined'],
  [/\bWakeUp\b|\bNap\b/, 'Signal'],
  [/\bclockwork\b|\bchores?\b|create(?:Clockwork|Chore)/i, 'interval jobs, Job'],
  [/courier/i, 'Dispatcher'],
  [/\b(?:MOST|LONGEST|USUAL)_|\blongest[A-Z]\w+Ms\b/, 'MAX_, DEFAULT_'],
  [/_(?:PER|A)_TURN\b/, 'one run of the write lock'],
  [/LogStretch|STRETCH_|StretchMemory|\bstretch(?:es)? of\b/, 'page, span'],
  [/\bSurroundings\b/, 'AppContext'],
  [/\bpulse\b|isBeating|\basker\b|createAsker|hangUp/i, 'health probe, isHealthy, client, disconnect'],
  [/\bnarrow[A-Z]|\bvisible-/, 'tenant*'],
  [/\bagenda\b/i, 'poll queue'],
  [/\bcreateDoor\b|\bDoor\b/, 'RouteGuard'],
  [/\bdoors?\b|\bDOORS?_/i, 'protocol, route'],
  [/beside the line/, 'outside the queue'],
  [/\bisHot\b|\bcalm points\b/, 'anomalous, normal'],
  [/\bwatched\b/i, 'monitored'],
  [/\bwhoever\b/i, 'who, the caller, the owner'],
  [/\bunusual(?:ly)?\b/i, 'anomalous'],
  [/\btold\b/i, 'notified, logged, answered'],
  [/\bzealOf\b|\bdecades\b/, 'alert threshold, orders of magnitude'],
];

const root = join(import.meta.dirname, '..');
const listIn = (folder: string, kind: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => kind.test(file) && !/^src\/(?:web\/)?generated\/|\/node_modules\//.test(file));
const files = [
  ...listIn('src', /\.(?:tsx?|graphql)$/),
  ...listIn('docs', /\.md$/),
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'schema.graphql'],
];
const lines = files.flatMap((file) =>
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .map((text, index) => ({ text, where: `${file}:${index + 1}` })),
);

it.each(RETIRED)('%s is nowhere in source and documents: say %s', (words) => {
  expect(lines.length).toBeGreaterThan(20_000);
  expect(
    lines.filter(({ text }) => words.test(text)).map(({ text, where }) => `${where} ${text.trim()}`),
  ).toEqual([]);
});
