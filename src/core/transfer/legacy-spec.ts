/**
 * HTM-IT's ways to write a model down, brought into ours: pushed and CloudWatch metrics whose fields stand side by side
 * with min and max, and autostacks, flat or as stackSpec and modelSpec.
 */
import { InvalidInputError } from '../../errors.ts';
import { isAttributeName, listAttributeNames } from '../sources/resource-attributes.ts';

type Fields = Record<string, unknown>;

/** What is in our form already, or in no form we know, comes back as it is. */
export function liftLegacySpec(model: object): object {
  const fields = dropForeign(model as Fields);
  if (fields.type === 'autostack' && !('stackSpec' in fields)) return liftFlatStack(fields);
  if (isFields(fields.stackSpec) && isFields(fields.modelSpec)) return liftStack(fields);
  if ('metricSpec' in fields) return isOf(fields, 'CUSTOM') ? liftMetricName(fields) : fields;
  return isOf(fields, 'CLOUDWATCH') ? liftFlatCloudwatch(fields) : liftFlatCustom(fields);
}

/**
 * HTM-IT's ids mean nothing elsewhere, and its parameters of a whole model are those of another detector.
 * @throws InvalidInputError for a metric that has nothing but an id
 */
function dropForeign(fields: Fields): Fields {
  const { uid, ...rest } = omit(fields, 'completeModelParams');
  if (isFields(rest.metricSpec)) {
    const { uid: id, ...spec } = rest.metricSpec;
    refuseNameless(spec, id, ['metricSpec']);
    return { ...rest, metricSpec: spec };
  }
  if (isOf(fields, 'CUSTOM')) refuseNameless(rest, uid, []);
  return rest;
}

function refuseNameless(spec: Fields, uid: unknown, path: readonly string[]): void {
  if (uid === undefined || 'metric' in spec || 'name' in spec) return;
  const where = [...path, 'metric'];
  throw new InvalidInputError(
    `${where.join('.')}: expected the name of the metric beside its uid, which means nothing outside the HTM-IT it comes from`,
    ['models', ...where],
  );
}

/** { datasource, metric | name, unit, resource, userInfo, min, max, data } */
function liftFlatCustom(fields: Fields): Fields {
  const { datasource, min, max, minResolution, unit, data, metric, ...rest } = fields;
  return {
    datasource,
    metricSpec: { ...(metric === undefined ? {} : { name: metric }), ...rest },
    modelParams: withoutNulls({ min, max, minResolution }),
    ...withoutNulls({ unit, data }),
  };
}

/** { datasource, region, namespace, metric, dimensions, min, max }, and type: "metric" in what it exported. */
function liftFlatCloudwatch(fields: Fields): Fields {
  const { datasource, region, namespace, metric, dimensions, min, max, unit, data } = fields;
  return {
    datasource,
    metricSpec: { region, namespace, metric, dimensions },
    modelParams: withoutNulls({ min, max }),
    ...withoutNulls({ unit, data }),
  };
}

/** { type: "autostack", name, region, filters, metric: { namespace, metric } } */
function liftFlatStack({ name, region, filters, metric }: Fields): Fields {
  return {
    datasource: 'autostack',
    stackSpec: { name, region, filters: liftFilters(filters) },
    metricSpec: metric,
  };
}

/** { stackSpec: { name, aggSpec }, modelSpec: { metricSpec: { slaveDatasource, slaveMetric }, modelParams } } */
function liftStack({ stackSpec, modelSpec, data }: Fields): Fields {
  const { name, aggSpec } = toFields(stackSpec);
  const { region, resourceType, filters } = toFields(aggSpec);
  const { metricSpec, modelParams } = toFields(modelSpec);
  return {
    datasource: 'autostack',
    stackSpec: { name, region, ...withoutNulls({ resourceType }), filters: liftFilters(filters) },
    metricSpec: toFields(metricSpec).slaveMetric,
    ...withoutNulls({ modelParams, data }),
  };
}

/** { "tag:Name": ["*web*"], "instance-type": ["m5.large"] }: names of EC2's filters. @throws InvalidInputError */
function liftFilters(filters: unknown): unknown {
  if (!isFields(filters)) return filters;
  return Object.entries(filters).map(([key, values]) => {
    if (!key.startsWith('tag:') && !isAttributeName(key)) {
      const known = ['tag:KEY', ...listAttributeNames(null)].join(', ');
      throw new InvalidInputError(
        `stackSpec.filters: ${JSON.stringify(key.slice(0, 128))} is none of the filters of EC2 that are known here: ${known}`,
        ['models', 'stackSpec', 'filters', key],
      );
    }
    return { key, values };
  });
}

/** HTM-IT called a pushed metric's name `metric`, and kept its unit within the spec. */
function liftMetricName(fields: Fields): Fields {
  const { metricSpec, ...rest } = fields;
  if (!isFields(metricSpec)) return fields;
  const { metric, unit, ...spec } = metricSpec;
  return {
    ...rest,
    ...(unit === undefined ? {} : { unit }),
    metricSpec: metric === undefined ? spec : { name: metric, ...spec },
  };
}

function isOf({ datasource }: Fields, name: string): boolean {
  return typeof datasource === 'string' && datasource.toUpperCase() === name;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function omit(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}
