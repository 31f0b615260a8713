/** The streaming peers of bench:series, without look-ahead, each from its published description. */
import { createHalfSpaceTrees } from './half-space-trees.ts';
import { createKMeans } from './k-means.ts';
import type { PeerKind } from './peer.ts';
import { createRandomCutForest } from './random-cut-forest.ts';
import { createSpectralResidual } from './spectral-residual.ts';
import { createSpot } from './spot.ts';
import { createDifferences, createEwma, createSeasonal, createWindowedGaussian } from './z-scores.ts';

export const PEERS: readonly PeerKind[] = [
  { name: 'EWMA z-score', floor: 3, create: () => createEwma(1000) },
  { name: 'z-score of differences', floor: 3, create: () => createDifferences(5000) },
  { name: 'windowed Gaussian', floor: 3, create: createWindowedGaussian },
  { name: 'robust z-score by time of day', floor: 4, create: createSeasonal },
  { name: 'half-space trees', floor: 0.02, create: createHalfSpaceTrees },
  { name: 'random cut forest', floor: 8, create: createRandomCutForest },
  { name: 'SPOT', floor: 2, create: () => createSpot(0) },
  { name: 'DSPOT', floor: 2, create: () => createSpot(10) },
  { name: 'spectral residual', floor: 3, create: createSpectralResidual },
  { name: 'k-means of differences', floor: 1, create: createKMeans },
];
