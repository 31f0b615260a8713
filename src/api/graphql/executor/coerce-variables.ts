/**
 * Variables are coerced here, for every operation and every transport, before an executor sees them: by functions
 * compiled once per operation. The executor is given the coerced values and the same operation with each variable
 * declared as JSON, which it takes as it is: the document was validated with its own types before.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Refuse } from '../limits/error.ts';
import { createCoercions } from './compile-coercion.ts';
import { coerceOrExplain } from './explain-variables.ts';
import { findOperation } from './find-operation.ts';
import {
  coercePlainly,
  findLongList,
  prepareVariables,
  type Variable,
  type Variables,
} from './prepare-variables.ts';

export interface CoercionOptions {
  /** Items of a list of the input. */
  readonly maxBatchItems: number;
  /** Whether messages may suggest names of the schema. */
  readonly introspection: boolean;
  readonly refuse: Refuse;
}

interface Prepared {
  readonly document: DocumentNode;
  readonly variables: readonly Variable[];
}

/** What yoga's loosely typed arguments of an execution hold. */
interface Execution {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Variables | null;
}

type Coerced = Pick<Execution, 'document' | 'variableValues'> | { readonly errors: readonly GraphQLError[] };

export function coerceVariables(schema: GraphQLSchema, options: CoercionOptions): Plugin {
  const prepare = rememberPrepared(schema);
  const coerce = ({ document, operationName, variableValues }: Execution): Coerced => {
    const prepared = prepare(document, operationName ?? null);
    if (prepared instanceof GraphQLError) return { errors: [prepared] };
    const given = variableValues ?? {};
    if (prepared === null) return { document, variableValues: given };
    const { variables } = prepared;
    const long = findLongList(variables, given, options.maxBatchItems);
    if (long !== null) {
      const { place, items: seen } = long;
      return { errors: [options.refuse({ limit: 'batch', allowed: options.maxBatchItems, seen, place })] };
    }
    const plain = coercePlainly(variables, given);
    const result =
      plain === null ? coerceOrExplain(variables, given, !options.introspection) : { coerced: plain };
    return 'errors' in result ? result : { document: prepared.document, variableValues: result.coerced };
  };
  /** Yoga types what it hands on loosely: both functions take the arguments of an execution. */
  const before = (run: unknown) => (given: Execution) => {
    const coerced = coerce(given);
    return 'errors' in coerced ? coerced : (run as (given: object) => unknown)({ ...given, ...coerced });
  };
  return {
    onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(before(executeFn)),
    onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(before(subscribeFn)),
  };
}

/** Documents are parsed once and kept: so is what they declare. */
function rememberPrepared(schema: GraphQLSchema) {
  const compile = createCoercions();
  const known = new WeakMap<DocumentNode, Map<string | null, Prepared | GraphQLError | null>>();
  return (document: DocumentNode, name: string | null) => {
    const ofDocument = known.get(document) ?? new Map<string | null, Prepared | GraphQLError | null>();
    known.set(document, ofDocument);
    let prepared = ofDocument.get(name);
    if (prepared !== undefined) return prepared;
    prepared = prepareOperation(schema, document, name, compile);
    // Names that are none of the document's are the client's to make up.
    if (!(prepared instanceof GraphQLError)) ofDocument.set(name, prepared);
    return prepared;
  };
}

/** Null where there is nothing to coerce. */
function prepareOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | null,
  compile: ReturnType<typeof createCoercions>,
): Prepared | GraphQLError | null {
  const operation = findOperation(document, name);
  if (operation instanceof GraphQLError) return operation;
  const variables = prepareVariables(schema, operation, compile);
  if (variables === null || variables.length === 0) return null;
  const definitions = document.definitions.map((d) => (d === operation ? loosen(d) : d));
  return { document: { ...document, definitions }, variables };
}

function loosen(operation: OperationDefinitionNode): OperationDefinitionNode {
  const variableDefinitions = operation.variableDefinitions?.map(({ variable }): VariableDefinitionNode => {
    const type = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } } as const;
    return { kind: Kind.VARIABLE_DEFINITION, variable, type };
  });
  return { ...operation, ...(variableDefinitions === undefined ? {} : { variableDefinitions }) };
}
