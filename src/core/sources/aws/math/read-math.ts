/** Evaluates expressions of metric math: each by a GetMetricData of its own, so that one that is wrong costs itself alone. */
import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { ExpectedError, InvalidInputError, SourceUnavailableError } from '../../../../errors.ts';
import type { Sample } from '../../../../model.ts';
import { createLimit } from '../../../../platform/runtime/concurrency-limit.ts';
import type { ReadFailure, ReadRequest, ReadResult } from '../../source.ts';
import { describeAwsFailure, isAboutTheRequest, isThrottled } from '../failure.ts';
import {
  addPart,
  closeSeries,
  getMetricData,
  openSeries,
  type ReadAccess,
  type SeriesWindow,
  toMetricStat,
} from '../read-series.ts';
import { groupReadings, type WindowRules } from '../window.ts';
import { type MathSpec, parseMathSpec, RESULT_ID, toInputQuery } from './math-spec.ts';

/** Callers wait for no longer. */
const MAX_WAIT_MS = 5000;
/** GetMetricData may be called 50 times a second, and other programs of the account call it too. */
const MAX_AT_ONCE = 4;
/** Periods a new expression is tried on. */
const TRIED_PERIODS = 3;

export class MathReader {
  readonly #access: ReadAccess;
  readonly #rules: WindowRules;
  readonly #now: () => number;
  readonly #limit = createLimit(MAX_AT_ONCE);

  /** @param options.now milliseconds since 1970 */
  constructor(options: {
    readonly access: ReadAccess;
    readonly rules: WindowRules;
    readonly now: () => number;
  }) {
    this.#access = options.access;
    this.#rules = options.rules;
    this.#now = options.now;
  }

  /** Expressions that no period has ended of since they were read stay where they are. */
  read(requests: readonly ReadRequest[], signal: AbortSignal): Promise<(ReadResult | ReadFailure)[]> {
    return Promise.all(requests.map((request) => this.#limit.run(() => this.#readOne(request, signal))));
  }

  async #readOne(request: ReadRequest, signal: AbortSignal): Promise<ReadResult | ReadFailure> {
    const { metricId, fromMs } = request;
    try {
      const spec = parseMathSpec(request.spec);
      const [group] = groupReadings([request], this.#rules, this.#now());
      if (group === undefined) return { metricId, samples: [], readToMs: fromMs ?? this.#now() };
      return { metricId, samples: await this.#ask(spec, group, signal), readToMs: group.toMs };
    } catch (error) {
      if (error instanceof ExpectedError) return { metricId, error };
      if (isThrottled(error)) this.#access.count('cloudwatch_throttled');
      return { metricId, error: describeAwsFailure('CloudWatch', error) };
    }
  }

  /**
   * Whether CloudWatch takes the expression, and it gives one series: asked before it is monitored. A service that does not
   * answer speaks against nothing: reading the metric will show what is wrong.
   * @throws InvalidInputError with what CloudWatch says of it
   */
  async confirm(given: unknown): Promise<void> {
    const spec = parseMathSpec(given);
    const periodMs = spec.periodSeconds * 1000;
    const toMs = Math.floor(this.#now() / periodMs) * periodMs;
    const window = { fromMs: toMs - TRIED_PERIODS * periodMs, toMs };
    try {
      await this.#ask(spec, window, AbortSignal.timeout(MAX_WAIT_MS));
    } catch (error) {
      const problem = findProblem(error);
      if (problem !== null) throw new InvalidInputError(`expression: ${problem}`, ['expression']);
    }
  }

  async #ask(spec: MathSpec, window: SeriesWindow, signal: AbortSignal): Promise<readonly Sample[]> {
    this.#access.count('cloudwatch_series_read', Math.max(1, spec.metrics.length));
    const question = { queries: toQueries(spec), window };
    const pages = await getMetricData(this.#access, spec.region, question, signal);
    return readResult(pages, window);
  }
}

function toQueries({ expression, metrics, periodSeconds }: MathSpec): readonly MetricDataQuery[] {
  const inputs = metrics.map((input) => ({
    Id: input.id,
    MetricStat: toMetricStat(toInputQuery(input, periodSeconds)),
    ReturnData: false,
  }));
  return [{ Id: RESULT_ID, Expression: expression, Period: periodSeconds, ReturnData: true }, ...inputs];
}

/** An expression that gives several series: which is meant, nobody knows. */
class SeveralSeriesError extends SourceUnavailableError {}

/**
 * A series may go on on the next page, under its label. On one page there is one of it: series that are called the same,
 * as two hosts' CPUUtilization are, would be taken for one.
 */
function readResult(
  pages: readonly (readonly MetricDataResult[])[],
  window: SeriesWindow,
): readonly Sample[] {
  const labels = new Set(pages.flatMap((page) => page.map(({ Label = '' }) => Label)));
  const count = Math.max(labels.size, ...pages.map((page) => page.length));
  if (count > 1) {
    const shown = [...labels].slice(0, 3).join(', ');
    throw new SeveralSeriesError(`expected one series, the expression gives ${count}: ${shown}`);
  }
  const parts = pages.flat();
  if (parts.length === 0) return [];
  const series = openSeries();
  for (const part of parts) addPart(series, part, window);
  const samples = closeSeries(series);
  if (samples instanceof Error) throw samples;
  return samples;
}

function findProblem(error: unknown): string | null {
  if (error instanceof SeveralSeriesError) return error.message;
  if (!isAboutTheRequest(error)) return null;
  return describeAwsFailure('CloudWatch', error).message;
}
