/** Autostacks as a source: a group of resources monitored as one. */
import { z } from 'zod';
import { NotFoundError } from '../../../errors.ts';
import { nameStackServer } from '../../../model.ts';
import { describeStackMetric, findStackMetric } from './autostack-metrics.ts';
import { createAutostackPolling } from './autostack-polling.ts';
import type { Stack } from './autostack-stack.ts';
import type { ReadSeries } from '../aws/read-series.ts';
import type { WindowRules } from '../aws/window.ts';
import { parseSpec } from '../parse-spec.ts';
import type { MetricDescription, Source } from '../source.ts';

const SPEC = z.strictObject({
  autostackId: z.string({ error: 'expected the id of an autostack' }),
  namespace: z.string({ error: 'expected a namespace such as AWS/EC2' }),
  metric: z.string({ error: 'expected the name of a metric' }),
});

const WHOLE = { name: 'autostack', expected: '{ autostackId, namespace, metric }' };

/** @param options.find the stack with this id, as it stands */
export function createAutostackSource(options: {
  readonly find: (id: string) => Stack | undefined;
  readonly readSeries: ReadSeries;
  readonly rules: WindowRules;
  readonly now?: () => number;
}): Source {
  const { find, readSeries, rules, now = Date.now } = options;

  const resolve = (spec: unknown) => {
    const { autostackId, namespace, metric } = parseSpec(SPEC, spec, WHOLE);
    const stack = find(autostackId);
    if (stack === undefined) throw new NotFoundError(`autostackId: no autostack has the id ${autostackId}`);
    return { stack, row: findStackMetric(stack.resourceType, namespace, metric) };
  };

  const describe = (spec: unknown): MetricDescription => {
    const { stack, row } = resolve(spec);
    const { defaultMin: min, defaultMax: max } = row;
    const name = `${row.namespace}/${row.metric}`;
    return {
      identity: `${stack.id} ${name}`,
      name,
      description: describeStackMetric(row.metric, stack.name, stack.region),
      unit: row.unit,
      server: nameStackServer(stack.id),
      location: stack.region,
      tagName: stack.name,
      periodSeconds: row.periodSeconds,
      modelParams: min === null || max === null ? {} : { min, max },
      resource: null,
      autostackId: stack.id,
    };
  };

  return {
    datasource: 'AUTOSTACK',
    describe,
    catalogue: () => [],
    polling: createAutostackPolling({ resolve, readSeries, rules, now }),
  };
}
