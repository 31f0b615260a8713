/** What the GraphQL community expects of a schema, held against schema.graphql. */
import graphql from '@graphql-eslint/eslint-plugin';

const recommended = graphql.configs['flat/schema-recommended'].rules;
const [severity, naming] = recommended['@graphql-eslint/naming-convention'];

export default [
  {
    files: ['schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...recommended,
      ...graphql.configs['flat/schema-relay'].rules,
      // An id is what `node` finds; pages, bars, ranges and failures are values without one.
      '@graphql-eslint/strict-id-in-types': 'off',
      // `Resource.resourceId` is what the source calls it, and not `Resource.id`.
      '@graphql-eslint/no-typename-prefix': 'off',
      // Lists that are short have no pages, and samples and entries of logs are no nodes.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // `metricData` follows a log, which is read forward only.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      '@graphql-eslint/naming-convention': [
        severity,
        {
          ...naming,
          // The values of `Counter.kind`, which is deprecated.
          EnumValueDefinition: { style: 'UPPER_CASE', ignorePattern: '^(counter|gauge)$' },
          // `ResourceType` is a type of resources.
          'ObjectTypeDefinition,ObjectTypeExtension': {
            forbiddenPrefixes: ['Type'],
            forbiddenSuffixes: ['Type'],
            ignorePattern: '^ResourceType$',
          },
        },
      ],
    },
  },
];
