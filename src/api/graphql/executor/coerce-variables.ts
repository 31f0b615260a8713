/**
 * Variables are coerced before the executor sees them, by functions compiled once per operation. The executor is
 * given the coerced values and the same operation with each variable declared as JSON, which it takes as it is: the
 * document was validated with its own types before.
 */
import {
  type DocumentNode,
  type GraphQLSchema,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Coerce, createCoercions, ODD } from './compile-coercion.ts';

type Variables = Readonly<Record<string, unknown>>;

interface Prepared {
  readonly document: DocumentNode;
  /** Null when one is not plainly right. */
  readonly coerce: (given: Variables) => Variables | null;
}

/** What yoga's loosely typed arguments of an execution hold. */
interface Execution {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Variables | null;
}

export function coerceVariables(schema: GraphQLSchema): Plugin {
  const compile = createCoercions();
  const known = new WeakMap<DocumentNode, Map<string | null, Prepared | null>>();
  const prepare = (document: DocumentNode, name: string | null): Prepared | null => {
    const ofDocument = known.get(document) ?? new Map<string | null, Prepared | null>();
    known.set(document, ofDocument);
    let prepared = ofDocument.get(name);
    if (prepared === undefined) {
      prepared = prepareOperation(schema, document, name, compile);
      ofDocument.set(name, prepared);
    }
    return prepared;
  };
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { document, operationName, variableValues } = args as Execution;
      const prepared = prepare(document, operationName ?? null);
      const coerced = prepared?.coerce(variableValues ?? {}) ?? null;
      if (prepared === null || coerced === null) return;
      const execute = executeFn as (given: object) => unknown;
      setExecuteFn((given: object) =>
        execute({ ...given, document: prepared.document, variableValues: coerced }),
      );
    },
  };
}

/** Null where there is nothing to gain, or nothing to run. */
function prepareOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | null,
  compile: ReturnType<typeof createCoercions>,
): Prepared | null {
  const operation = findOperation(document, name);
  const definitions = operation?.variableDefinitions ?? [];
  if (operation === null || definitions.length === 0 || schema.getType('JSON') === undefined) return null;
  const readers: ((given: Variables, coerced: Record<string, unknown>) => boolean)[] = [];
  for (const definition of definitions) {
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type)) return null;
    const { defaultValue } = definition;
    const fallback = defaultValue === undefined ? undefined : valueFromAST(defaultValue, type);
    const isRequired = definition.type.kind === Kind.NON_NULL_TYPE;
    const variable = { name: definition.variable.name.value, coerce: compile(type), fallback, isRequired };
    readers.push((given, coerced) => readVariable(variable, given, coerced));
  }
  return {
    document: {
      ...document,
      definitions: document.definitions.map((d) => (d === operation ? loosen(d) : d)),
    },
    coerce: (given) => {
      const coerced: Record<string, unknown> = {};
      for (const read of readers) if (!read(given, coerced)) return null;
      return coerced;
    },
  };
}

interface Variable {
  readonly name: string;
  readonly coerce: Coerce;
  readonly fallback: unknown;
  readonly isRequired: boolean;
}

/** @returns false when it is not plainly right */
function readVariable(variable: Variable, given: Variables, coerced: Record<string, unknown>): boolean {
  const { name, coerce, fallback, isRequired } = variable;
  if (!Object.hasOwn(given, name)) {
    if (fallback !== undefined) coerced[name] = fallback;
    return fallback !== undefined || !isRequired;
  }
  const value = coerce(given[name]);
  if (value === ODD) return false;
  coerced[name] = value;
  return true;
}

/** By name, or the only one; null when graphql would complain. */
function findOperation(document: DocumentNode, name: string | null): OperationDefinitionNode | null {
  const operations = document.definitions.filter((d) => d.kind === Kind.OPERATION_DEFINITION);
  const found = name === null ? operations : operations.filter((operation) => operation.name?.value === name);
  return found.length === 1 ? (found[0] ?? null) : null;
}

function loosen(operation: OperationDefinitionNode): OperationDefinitionNode {
  const variableDefinitions = operation.variableDefinitions?.map(({ variable }): VariableDefinitionNode => {
    const type = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } } as const;
    return { kind: Kind.VARIABLE_DEFINITION, variable, type };
  });
  return { ...operation, ...(variableDefinitions === undefined ? {} : { variableDefinitions }) };
}
