/** What one execution of a compiled operation works with, and the failures it gathers. */
import {
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isNonNullType,
  locatedError,
  type OperationDefinitionNode,
  responsePathAsArray,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;
export type Info = GraphQLResolveInfo;
export type Path = Info['path'];

export interface Run {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly rootValue: unknown;
  readonly context: unknown;
  readonly variables: Record<string, unknown>;
  /** Once it is aborted no field is begun. */
  readonly signal: AbortSignal | undefined;
  /** The arguments of each field: the same for every row of a list. */
  readonly args: Map<object, Record<string, unknown>>;
  readonly errors: GraphQLError[];
}

/** Makes of what a resolver gave what the answer holds. @throws what makes the field null, or what it is part of */
export type Complete = (run: Run, info: Info, path: Path, value: unknown) => unknown;

/** Executes the selected fields of one object. */
export type ExecuteFields = (run: Run, source: unknown, path: Path | undefined) => unknown;

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Notes a failure where null may stand for it. @throws the failure, with its place, where it may not */
export function settleFailure(run: Run, info: Info, path: Path, type: GraphQLOutputType, raw: unknown): null {
  const error = locatedError(raw, info.fieldNodes, responsePathAsArray(path));
  if (isNonNullType(type)) throw error;
  run.errors.push(error);
  return null;
}

/** What is waited for before a whole is complete; none for most: a list is made only when there is one. */
export type Pending = Promise<void>[] | undefined;

/** Puts what a promise gives in its place, later. @returns `pending` with it */
export function awaitInto(
  pending: Pending,
  value: Promise<unknown>,
  store: (settled: unknown) => void,
): Promise<void>[] {
  const stored = value.then(store);
  if (pending === undefined) return [stored];
  pending.push(stored);
  return pending;
}

/** The whole once nothing of it is waited for; a failure is reported at once. */
export function finishWhole(pending: Pending, whole: unknown): unknown {
  return pending === undefined ? whole : Promise.all(pending).then(() => whole);
}

/** Fails, once nothing is left that could fail with nobody listening. @throws error when nothing is waited for */
export function failWhole(pending: Pending, error: unknown): Promise<never> {
  if (pending === undefined) throw error;
  return Promise.allSettled(pending).then(() => {
    throw error;
  });
}
