/**
 * Operations made into functions once, and then only called. graphql's own executor finds out anew for every row of
 * every list which fields are asked for, what their types are and how their arguments read.
 */
import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  visit,
} from 'graphql';
import { compileFields } from './compiled-fields.ts';
import { type ExecuteFields, isPromise, type Run, type Variables } from './compiled-run.ts';
import { findConditions } from './compiled-selection.ts';

/** What graphql's `execute` is given, as far as it matters here. */
export interface Execution {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Variables | null | undefined;
  readonly rootValue?: unknown;
  readonly contextValue?: unknown;
  readonly signal?: AbortSignal | undefined;
}

type Answer = ExecutionResult | Promise<ExecutionResult>;

/** As many ways @skip and @include may decide; a client that has more of them is answered by graphql itself. */
const MAX_VARIANTS = 16;

/**
 * @returns null for what is left to graphql itself: mutations, whose fields run one after the other, and what it would
 * refuse. The document has to be valid.
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null,
): ((execution: Execution) => Answer | null) | null {
  const operation = getOperationAST(document, operationName);
  const type = operation == null ? null : schema.getRootType(operation.operation);
  if (operation == null || type == null || operation.operation === OperationTypeNode.MUTATION) return null;
  if (hasOddNames(document)) return null;
  const fragments = readFragments(document);
  const names = findConditions(document);
  const variants = new Map<string, ExecuteFields>();

  const chooseVariant = (variables: Variables): ExecuteFields | null => {
    const read = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
    const key = names.map((name) => String(read(name))).join();
    const known = variants.get(key);
    if (known !== undefined) return known;
    if (variants.size >= MAX_VARIANTS) return null;
    const conditions = Object.fromEntries(names.map((name) => [name, read(name)]));
    try {
      const fields = compileFields({ schema, fragments, conditions }, type, [operation]);
      variants.set(key, fields);
      return fields;
    } catch (error) {
      // A condition that is null, of a variable with a default. Further down it is the failure of its field.
      if (error instanceof GraphQLError) return null;
      throw error;
    }
  };

  return ({ variableValues, rootValue, contextValue, signal }) => {
    const given = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
    if (given.errors !== undefined) return { errors: given.errors };
    const variables = given.coerced;
    const fields = chooseVariant(variables);
    if (fields === null) return null;
    return answer(fields, {
      schema,
      operation,
      fragments,
      rootValue,
      context: contextValue,
      variables,
      signal,
      args: new Map(),
      errors: [],
    });
  };
}

function answer(fields: ExecuteFields, run: Run): ExecutionResult | Promise<ExecutionResult> {
  const finish = (data: unknown): ExecutionResult => {
    // An object of the fields asked for, or null where one failed that had to be there.
    const object = data as Record<string, unknown> | null;
    return run.errors.length === 0 ? { data: object } : { errors: run.errors, data: object };
  };
  const fail = (error: unknown): ExecutionResult => {
    // Everything thrown by a field has its place by now: see settleFailure.
    run.errors.push(error as Run['errors'][number]);
    return finish(null);
  };
  try {
    const data = fields(run, run.rootValue, undefined);
    return isPromise(data) ? data.then(finish, fail) : finish(data);
  } catch (error) {
    return fail(error);
  }
}

function readFragments(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  // Clients name them: an object with a prototype would have some before any is written.
  const fragments = Object.create(null) as Record<string, FragmentDefinitionNode>;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

/** A name that an object takes for something else. */
function hasOddNames(document: DocumentNode): boolean {
  let isOdd = false;
  visit(document, { Name: ({ value }) => void (isOdd ||= value === '__proto__') });
  return isOdd;
}
