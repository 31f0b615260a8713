/** The input that names an expression of PromQL. */
import { builder } from '../builder/builder.ts';

export const PrometheusMetricSpecRef = builder.inputType('PrometheusMetricSpec', {
  description: 'An expression of PromQL, evaluated by the server at LAPWING_PROMETHEUS_URL.',
  fields: (t) => ({
    query: t.string({
      required: true,
      description: 'The expression; at any time it gives one series. At most 4,000 characters.',
    }),
    periodSeconds: t.int({
      description:
        'Time between two evaluations (`step` of a range query), 1 to 86400; 60 when left out. Not shorter than its series are scraped.',
    }),
    name: t.string({
      description: 'The name of the metric; that of the series, or the expression, when left out.',
    }),
    resource: t.string({
      description:
        'The thing it belongs to; when left out the label of a plain selector that names one, such as instance, or else the name.',
    }),
    unlisted: t.boolean({
      description: 'Take it though it gives no series now, or several, or the server refuses it.',
    }),
  }),
});
