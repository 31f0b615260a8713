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
  parse,
  print,
  visit,
  type GraphQLUnionType,
} from 'graphql';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../../src/errors.ts';
import { createSchema, writeSchema } from '../../../src/api/graphql/schema.ts';
import { textWith } from '../../helpers/matchers.ts';

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

/** https://spec.graphql.org/October2021/#sec-Type-System.Directives.Built-in-Directives */
const OLD_DIRECTIVES = ['skip', 'include', 'deprecated', 'specifiedBy'];

test('schema.graphql defines each directive it uses that older tools do not know, once, as graphql has it', () => {
  const used = new Set<string>();
  const defined: string[] = [];
  visit(parse(writeSchema()), {
    Directive: ({ name }) => void used.add(name.value),
    DirectiveDefinition: (node) => void defined.push(print(node)),
  });
  expect([...used].filter((name) => !OLD_DIRECTIVES.includes(name))).toEqual(['oneOf']);
  expect(defined).toEqual([textWith('\ndirective @oneOf on INPUT_OBJECT')]);
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

/** Everything that is described, by its place. */
function listDescribed(): readonly (readonly [name: string, description: string | null | undefined])[] {
  return types.flatMap((type) => {
    const values = isEnumType(type) ? type.getValues() : [];
    const fields: readonly Described[] =
      isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
        ? Object.values(type.getFields())
        : [];
    return [
      [type.name, type.description] as const,
      ...values.map(({ name, description }) => [`${type.name}.${name}`, description] as const),
      ...fields.flatMap(({ name, description, args = [] }) => [
        [`${type.name}.${name}`, description] as const,
        ...args.map((arg) => [`${type.name}.${name}(${arg.name})`, arg.description] as const),
      ]),
    ];
  });
}

test('every type, field, argument and enum value says what it is', () => {
  const silent = listDescribed().filter(([, description]) => (description ?? '').trim() === '');
  expect(silent).toEqual([]);
});

test('what has an id of its own is a Node: Relay keeps everything by its id, whatever its type', () => {
  const strangers = types
    .filter(isObjectType)
    .filter((type) => {
      const id = type.getFields().id;
      return id !== undefined && getNamedType(id.type).name === 'ID';
    })
    .filter((type) => !type.getInterfaces().some(({ name }) => name === 'Node'));
  expect(strangers.map(({ name }) => name)).toEqual([]);
});

/** Begins in the middle of a sentence, or speaks of what another field says. */
const LEANING =
  /^(For how (long|many)\b|Who (did|does)\b|How many would\b|How far back they\b)|\bafter that\.|\bthat is the case|\bthat has to be at least|\bfields? (below|above)\b|\bthe one in the other|\bexpected then\.|\btoo far\b|^Value of that point/;

test('each description is understood by itself: tools show fields alone, or by name', () => {
  expect(listDescribed().filter(([, description]) => LEANING.test(description ?? ''))).toEqual([]);
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
