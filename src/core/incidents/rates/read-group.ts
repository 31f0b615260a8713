/** Reads what an incident says of its group from its JSON column. */
import { z } from 'zod';
import { VIEWS } from '../../../model.ts';
import type { AnomalousGroup } from '../../notify/message.ts';

const metric = z.object({
  metricId: z.string().nullable(),
  metricName: z.string(),
  metricUnit: z.string().nullable(),
  instance: z.string(),
  score: z.number(),
  value: z.number(),
  expected: z.number(),
  low: z.number(),
  high: z.number(),
  aspect: z.enum(VIEWS).nullable(),
});
const group = z.object({
  anomalousCount: z.number(),
  metricCount: z.number(),
  peakCount: z.number(),
  worst: z.array(metric),
});

/** @throws ZodError for a column we did not write */
export function readGroup(json: unknown): AnomalousGroup {
  return group.parse(json);
}
