/**
 * Which metrics have the tags a filter asks for. The database is asked once for each metric, and again once metrics or
 * resources have changed.
 */
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { SampleTest } from './shared-subscription.ts';

export class TaggedMetrics {
  readonly #find: (metricNumbers: readonly number[]) => Promise<readonly number[]>;
  /** Another map after each change: an answer that was asked for before one is not taken for newer. */
  #known = new Map<number, boolean>();

  /** @param find those of the given metrics that have the tags */
  constructor(find: TaggedMetrics['findAmong']) {
    this.#find = find;
  }

  /** @returns those of the given metrics that have the tags now @throws what the database throws while it is away */
  async findAmong(metricNumbers: readonly number[]): Promise<readonly number[]> {
    for (;;) {
      const known = this.#known;
      const unknown = [...new Set(metricNumbers)].filter((number) => !known.has(number));
      if (unknown.length > 0) {
        const tagged = new Set(await this.#find(unknown));
        for (const number of unknown) known.set(number, tagged.has(number));
      }
      if (known === this.#known) return metricNumbers.filter((number) => known.get(number) === true);
    }
  }

  /**
   * Adds the tags to another test, for the samples of one page.
   * @throws what the database throws while it is away
   */
  async narrow(matches: SampleTest, samples: readonly ScoredSample[]): Promise<SampleTest> {
    const asked = samples.filter(matches).map(({ metricNumber }) => metricNumber);
    const found = new Set(await this.findAmong(asked));
    return (sample) => found.has(sample.metricNumber) && matches(sample);
  }

  /** To be called when tags may have changed. */
  forget(): void {
    this.#known = new Map();
  }
}
