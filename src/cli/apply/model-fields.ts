/** What is known of a metric's values, in one form: as a file has it, and as a server answers. */
import { z } from 'zod';
import { readModelParams } from '../../api/graphql/metrics/metric-input.ts';
import { checkModelParams } from '../../core/metrics/model-params.ts';

type Fields = Readonly<Record<string, unknown>>;

export const MODEL_FIELDS = 'min max minResolution timeZone valueKind excludedTimes { from to }';
export const POLICY_FIELDS = 'direction minDeviation minDeviationRatio';

export const storedModel = z.looseObject({
  timeZone: z.string(),
  excludedTimes: z.array(z.object({ from: z.string(), to: z.string() })),
});

/**
 * @param given of the type ModelParamsInput, without a flaw
 * @returns as a server answers once it took it: spans of time in order and apart
 */
export function writeModel(given: unknown): Fields {
  const model = (given ?? {}) as Parameters<typeof readModelParams>[0]; // as the format has it
  const { excludedTimes, ...rest } = checkModelParams(readModelParams(model), ['input', 'model']);
  if (model.excludedTimes === undefined) return rest;
  const spans = (excludedTimes ?? []).map(({ startMs, endMs }) => ({
    from: new Date(startMs).toISOString(),
    to: new Date(endMs).toISOString(),
  }));
  return { ...rest, excludedTimes: spans };
}

/** Without what is not known. */
export function writeStoredModel(model: z.output<typeof storedModel>): Fields {
  return Object.fromEntries(Object.entries(model).filter(([, value]) => value !== null));
}
