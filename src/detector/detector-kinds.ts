/** Every detector there is: to add one, put it here. */
import type { DetectorKind } from './detector.ts';
import { streamsDetector } from './streams/streams-detector.ts';

/** New metrics get the first. */
export const DETECTOR_KINDS: readonly [DetectorKind, ...DetectorKind[]] = [streamsDetector];

/** The kind a stored snapshot was written by, or null when this build no longer has it. */
export function findDetectorKind(name: string): DetectorKind | null {
  return DETECTOR_KINDS.find((kind) => kind.name === name) ?? null;
}
