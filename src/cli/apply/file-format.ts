/**
 * What a configuration file may hold. Its entries are the inputs of the API's mutations, field by field, so that a field
 * the API gains can be in a file at once; what differs is said here.
 */
import {
  getNamedType,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  isInputObjectType,
  isNonNullType,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
} from 'graphql';
import { createSchema } from '../../api/graphql/schema.ts';

/** Names of lists in a file, in the order in which they are applied: rules may name autostacks. */
export const SECTIONS = ['autostacks', 'monitoringPolicies', 'notificationRules', 'metrics'] as const;
export type Section = (typeof SECTIONS)[number];

/** The version of the format that this program reads. */
export const API_VERSION = 1;

/** What a secret may be given as in place of the text itself: in a file, or in a variable of the environment. */
export const REFERENCES = ['File', 'Env'] as const;

const required = (type: GraphQLInputType): GraphQLInputType =>
  isNonNullType(type) ? type : new GraphQLNonNull(type);
const listOf = (type: GraphQLInputType): GraphQLInputType =>
  new GraphQLList<GraphQLInputType>(required(type));

/** An autostack is known by its name and its region. */
const STACK_NAME = new GraphQLInputObjectType({
  name: 'AutostackName',
  fields: { name: { type: required(GraphQLString) }, region: { type: required(GraphQLString) } },
});

export interface FileFormat {
  readonly root: GraphQLInputObjectType;
  /** Of the settings of a channel, by its kind, as the API takes them. */
  readonly channels: ReadonlyMap<string, GraphQLInputObjectType>;
}

export function createFileFormat(): FileFormat {
  const schema = createSchema();
  const inputOf = (name: string): GraphQLInputObjectType => {
    const type = schema.getType(name);
    if (isInputObjectType(type)) return type;
    throw new Error(`the schema has no input ${name}`);
  };
  const channel = inputOf('NotificationChannelInput');
  const scope = reshape(inputOf('NotificationScopeInput'), {
    // Ids are of one server alone.
    omit: ['metricIds', 'autostackId'],
    add: { autostack: { type: STACK_NAME } },
  });
  const settings = Object.entries(channel.getFields()).flatMap(([name, { type }]) => {
    const of = getNamedType(type);
    return name !== 'keep' && isInputObjectType(of) ? [[name, of] as const] : [];
  });
  const channelInFile = reshape(channel, {
    omit: ['keep'],
    add: Object.fromEntries(settings.map(([name, type]) => [name, { type: withReferences(type) }])),
  });
  const metric = reshape(inputOf('MonitorMetricInput'), {
    add: {
      spec: {
        // A metric of an autostack is in the entry of that.
        type: required(reshape(inputOf('MetricSpecInput'), { omit: ['autostack'] })),
      },
      displayName: { type: GraphQLString },
    },
  });
  const rule = reshape(inputOf('CreateNotificationRuleInput'), {
    add: { scope: { type: scope }, channels: { type: listOf(channelInFile) } },
  });
  const deletions = new GraphQLInputObjectType({
    name: 'Deletions',
    fields: {
      autostacks: { type: listOf(STACK_NAME) },
      monitoringPolicies: { type: listOf(GraphQLString) },
      notificationRules: { type: listOf(GraphQLString) },
    },
  });
  const root = new GraphQLInputObjectType({
    name: 'Configuration',
    fields: {
      apiVersion: { type: required(GraphQLInt) },
      autostacks: { type: listOf(inputOf('CreateAutostackInput')) },
      monitoringPolicies: { type: listOf(inputOf('CreateMonitoringPolicyInput')) },
      notificationRules: { type: listOf(rule) },
      metrics: { type: listOf(metric) },
      delete: { type: deletions },
    },
  });
  return { root, channels: new Map(settings) };
}

function reshape(
  type: GraphQLInputObjectType,
  change: { readonly omit?: readonly string[]; readonly add?: GraphQLInputFieldConfigMap },
): GraphQLInputObjectType {
  const { name, fields, isOneOf } = type.toConfig();
  const kept = Object.entries(fields).filter(([field]) => change.omit?.includes(field) !== true);
  return new GraphQLInputObjectType({
    name: `${name}InFile`,
    isOneOf: isOneOf === true,
    fields: { ...Object.fromEntries(kept), ...change.add },
  });
}

/** Each text may stand in the file itself, or be named: `url`, `urlFile` or `urlEnv`. */
function withReferences(type: GraphQLInputObjectType): GraphQLInputObjectType {
  const fields = Object.values(type.getFields()).flatMap(({ name, type: of }) => {
    if (!isText(of)) return [[name, { type: of }] as const];
    return ['', ...REFERENCES].map((suffix) => [`${name}${suffix}`, { type: GraphQLString }] as const);
  });
  return new GraphQLInputObjectType({ name: `${type.name}InFile`, fields: Object.fromEntries(fields) });
}

/** Whether it is one text, needed or not. */
export function isText(type: GraphQLInputType): boolean {
  return (isNonNullType(type) ? type.ofType : type) === GraphQLString;
}
