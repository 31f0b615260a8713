/** Holds an operation against the limits, before it is validated and before anything of it runs. */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Excess } from './error.ts';
import { createMeasure, type Measures } from './cost.ts';
import { countFieldPairs } from './field-pairs.ts';
import type { Variables } from './row-estimate.ts';

/** What the settings allow. */
export interface OperationLimits {
  readonly maxDepth: number;
  readonly maxFields: number;
  readonly maxFieldPairs: number;
  readonly maxAliases: number;
  readonly maxRootFields: number;
  readonly maxDirectives: number;
  readonly maxCost: number;
  readonly maxPageRows: number;
}

/** @returns the first limit that is exceeded; null when none is */
export type CheckOperation = (
  document: DocumentNode,
  operationName: string | null,
  variables: Variables,
) => Excess | null;

/** Measures, and does not run: its time grows with the document alone. */
export function createOperationCheck(schema: GraphQLSchema, limits: OperationLimits): CheckOperation {
  const measure = createMeasure(schema);
  const checkOperation = (operation: OperationDefinitionNode, fragments: Fragments, given: Variables) => {
    const variables = addDefaults(operation, given);
    return compare(measure(operation, fragments, variables), limits);
  };
  return (document, operationName, variables) => {
    const { operation, fragments, runnable } = readDocument(document, operationName);
    const { maxFields, maxFieldPairs } = limits;
    // Validation looks at every definition, also at those that are not run.
    if (countSelections(runnable, maxFields) > maxFields) {
      return { limit: 'fields', allowed: maxFields, seen: `more than ${maxFields}` };
    }
    const excess = operation === null ? null : checkOperation(operation, fragments, variables);
    if (excess !== null) return excess;
    if (countFieldPairs(runnable, fragments, maxFieldPairs) <= maxFieldPairs) return null;
    return { limit: 'field_pairs', allowed: maxFieldPairs, seen: `more than ${maxFieldPairs}` };
  };
}

/** What the operation that would run may cost; null where the document has none. */
export type MeasureCost = (
  document: DocumentNode,
  operationName: string | null,
  variables: Variables,
) => number | null;

/** As `createOperationCheck` measures it. */
export function createCostMeasure(schema: GraphQLSchema): MeasureCost {
  const measure = createMeasure(schema);
  return (document, operationName, given) => {
    const { operation, fragments } = readDocument(document, operationName);
    return operation === null ? null : measure(operation, fragments, addDefaults(operation, given)).cost;
  };
}

function compare(measures: Measures, limits: OperationLimits): Excess | null {
  const { page } = measures;
  const all: readonly Excess[] = [
    { limit: 'root_fields', allowed: limits.maxRootFields, seen: measures.rootFields },
    { limit: 'depth', allowed: limits.maxDepth, seen: measures.depth },
    { limit: 'aliases', allowed: limits.maxAliases, seen: measures.aliases },
    { limit: 'directives', allowed: limits.maxDirectives, seen: measures.directives },
    { limit: 'fields', allowed: limits.maxFields, seen: measures.fields },
    { limit: 'page', allowed: limits.maxPageRows, seen: page?.rows ?? 0, place: page?.argument ?? '' },
    { limit: 'cost', allowed: limits.maxCost, seen: measures.cost },
  ];
  return all.find(({ allowed, seen }) => Number(seen) > allowed) ?? null;
}

/** What a variable is that was not given. */
function addDefaults({ variableDefinitions = [] }: OperationDefinitionNode, given: Variables): Variables {
  const defaults = variableDefinitions.flatMap(({ variable: { name }, defaultValue }) =>
    defaultValue === undefined ? [] : [[name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  return defaults.length === 0 ? given : { ...Object.fromEntries(defaults), ...given };
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;
type Runnable = OperationDefinitionNode | FragmentDefinitionNode;

/** The operation that would run, which is the one named or the first, and what else there is. */
function readDocument(
  { definitions }: DocumentNode,
  operationName: string | null,
): {
  readonly operation: OperationDefinitionNode | null;
  readonly fragments: Fragments;
  readonly runnable: readonly Runnable[];
} {
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  const runnable: Runnable[] = [];
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    else if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else continue;
    runnable.push(definition);
  }
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0] ?? null;
  return { operation, fragments, runnable };
}

/** Stops soon after it has seen more than `most`. */
function countSelections(runnable: readonly Runnable[], most: number): number {
  const open = runnable.map(({ selectionSet }) => selectionSet);
  let count = 0;
  for (let set = open.pop(); set !== undefined && count <= most; set = open.pop()) {
    count += set.selections.length;
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) {
        open.push(selection.selectionSet);
      }
    }
  }
  return count;
}
