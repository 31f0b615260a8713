/** How much of a server's CPU profile is the detector's. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is read of the format of V8's CPU profiles; times in microseconds. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly url: string } }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Source files of the detector, as a profile names them. */
const DETECTOR = '/src/detect/';

/** The profiles in a folder, oldest first. */
export function listProfiles(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  return names.sort().map((name) => join(folder, name));
}

/** Microseconds of self time below src/detect. */
export function readDetectorTime(path: string): number {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile; // V8's own format
  const { nodes, samples, timeDeltas } = profile;
  const ours = new Set(nodes.filter(({ callFrame }) => callFrame.url.includes(DETECTOR)).map(({ id }) => id));
  return samples.reduce((sum, id, i) => sum + (ours.has(id) ? (timeDeltas[i] ?? 0) : 0), 0);
}
