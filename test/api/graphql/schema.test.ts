import { readFileSync } from 'node:fs';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLUnionType,
} from 'graphql';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../../src/errors.ts';
import { createSchema, writeSchema } from '../../../src/api/graphql/schema.ts';

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly args?: readonly Described[];
}

const schema = createSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name),
);

test('schema.graphql is what the code says; mend it with npm run schema', () => {
  const stored = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');
  expect(stored).toBe(writeSchema());
});

/** https://spec.graphql.org/October2021/#DirectiveLocation, unchanged in September 2025. */
const DIRECTIVE_LOCATIONS =
  `QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT
  VARIABLE_DEFINITION SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT
  INPUT_FIELD_DEFINITION`.split(/\s+/);

test('the places of directives are those of the specification: clients read them as an enum', () => {
  const directives = schema.getDirectives();
  expect(directives.map(({ name }) => name).sort()).toEqual([
    'deprecated',
    'include',
    'oneOf',
    'skip',
    'specifiedBy',
  ]);
  const unknown = directives
    .flatMap(({ locations }) => locations)
    .filter((place) => !DIRECTIVE_LOCATIONS.includes(place));
  expect(unknown).toEqual([]);
});

test('every type, field, argument and enum value says what it is', () => {
  const silent: string[] = [];
  const check = (name: string, described: Pick<Described, 'description'>) => {
    if (described.description == null || described.description.trim() === '') silent.push(name);
  };
  for (const type of types) {
    check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      const fields: readonly Described[] = Object.values(type.getFields());
      for (const field of fields) {
        check(`${type.name}.${field.name}`, field);
        for (const arg of field.args ?? []) check(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
  }
  expect(silent).toEqual([]);
});

test.each([
  [
    'MonitorMetricResult',
    'Metric AlreadyMonitoredError NotSupportedError NotFoundError InvalidInputError QuotaExceededError SourceUnavailableError',
  ],
  [
    'MonitorResourceResult',
    'Resource NotFoundError NotSupportedError InvalidInputError QuotaExceededError SourceUnavailableError',
  ],
  ['UnmonitorMetricResult', 'Metric NotFoundError InvalidInputError'],
  ['DeleteMetricResult', 'Metric NotFoundError InvalidInputError'],
  ['RetryMetricResult', 'Metric NotFoundError InvalidInputError'],
  ['UpdateMetricResult', 'Metric NotFoundError InvalidInputError'],
])('%s names its expected failures and no others', (name, members) => {
  const union = schema.getType(name) as GraphQLUnionType;
  expect(isUnionType(union)).toBe(true);
  expect(
    union
      .getTypes()
      .map((type) => type.name)
      .sort(),
  ).toEqual(members.split(' ').sort());
});

test('an argument with a default may be null as well as left out', () => {
  const strict = types
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) =>
        field.args
          .filter((arg) => arg.defaultValue !== undefined && isNonNullType(arg.type))
          .map((arg) => `${type.name}.${field.name}(${arg.name})`),
      ),
    );
  expect(strict).toEqual([]);
});

test('every mutation takes one input and gives a result union or a payload', () => {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    expect(field.args.map((arg) => arg.name)).toEqual(['input']);
    expect(getNamedType(field.type).name).toMatch(/(Result|Payload)$/);
  }
});

test('every failure in a union is an Error with a message and a code', () => {
  const failures = types
    .filter(isUnionType)
    .flatMap((union) => union.getTypes().filter(({ name }) => name.endsWith('Error')));
  expect(failures.length).toBeGreaterThan(10);
  for (const failure of failures) {
    expect(failure.getInterfaces().map(({ name }) => name)).toEqual(['Error']);
  }
});

test('what a result holds can be asked for beside the message and the code of a failure', () => {
  const error = schema.getType('Error');
  const shared = isInterfaceType(error) ? Object.values(error.getFields()) : [];
  expect(shared.map(({ name }) => name)).toEqual(['code', 'message']);
  const clashes = types.filter(isUnionType).flatMap((union) =>
    union.getTypes().flatMap((member) =>
      shared.flatMap(({ name, type }) => {
        const field = member.getFields()[name];
        if (field === undefined || field.deprecationReason != null) return [];
        return String(field.type) === String(type) ? [] : [`${union.name}: ${member.name}.${name}`];
      }),
    ),
  );
  expect(clashes).toEqual([]);
});

function readReasons(
  fields: readonly { readonly deprecationReason?: string | null | undefined }[],
): readonly string[] {
  return fields.flatMap(({ deprecationReason }) => deprecationReason ?? []);
}

test('everything that is deprecated names what to use', () => {
  const deprecated = types.flatMap((type) =>
    isObjectType(type) || isInputObjectType(type) ? readReasons(Object.values(type.getFields())) : [],
  );
  expect(deprecated.length).toBeGreaterThan(8);
  for (const reason of deprecated) expect(reason).toMatch(/^Use `\w+(\.\w+)*`\.$/);
});

test('every expected failure has its code in the API', () => {
  const codes = schema.getType('ErrorCode');
  expect(isEnumType(codes) ? codes.getValues().map(({ name }) => name) : []).toEqual([...ERROR_CODES].sort());
});
