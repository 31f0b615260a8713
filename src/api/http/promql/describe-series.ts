/** What clients ask of a server before they ask for data. */
import { SCORE_SERIES } from '../../../core/prometheus/promql/score-series.ts';

/** Of the protocol: clients choose by it what they ask for. */
const PROTOCOL_VERSION = '2.53.0';

/**
 * By the name of the series, as Prometheus describes scraped ones.
 * @param name of the one that is wanted; '' for all
 */
export function describeSeries(name: string, maxNames: number): object {
  const wanted = SCORE_SERIES.filter((series) => name === '' || series.name === name);
  const described = wanted.map(
    (series) => [series.name, [{ type: 'gauge', help: series.help, unit: '' }]] as const,
  );
  return Object.fromEntries(described.slice(0, maxNames));
}

export function describeBuild(version: string): object {
  return {
    version: PROTOCOL_VERSION,
    revision: `lapwing-${version}`,
    branch: '',
    buildUser: '',
    buildDate: '',
    goVersion: '',
  };
}
