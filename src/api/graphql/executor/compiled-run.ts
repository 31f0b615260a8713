/** What one execution of a compiled operation works with, and the failures it gathers. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isNonNullType,
  locatedError,
  type OperationDefinitionNode,
  responsePathAsArray,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

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

type Path = GraphQLResolveInfo['path'];

/**
 * Where a value is in the answer. An answer has thousands of places, and almost none of them is asked for its path: each
 * is as small as can be, and makes what it is asked for.
 */
export interface Place {
  /** The same object whenever it is asked for: Pothos keeps what it knows of a place by it. */
  readonly path: Path;
}

/** What all fields of one place of the question have in common. */
export interface PlannedField {
  /** In the answer. */
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
}

/** The place of a field of one object: what its resolver is given to read the question by. */
export class FieldPlace implements Place, GraphQLResolveInfo {
  readonly run: Run;
  readonly #plan: PlannedField;
  readonly #parent: Place | undefined;
  #path: Path | undefined;

  constructor(plan: PlannedField, run: Run, parent: Place | undefined) {
    this.run = run;
    this.#plan = plan;
    this.#parent = parent;
  }

  get path(): Path {
    return (this.#path ??= {
      prev: this.#parent?.path,
      key: this.#plan.name,
      typename: this.#plan.parentType.name,
    });
  }

  get fieldName(): string {
    return this.#plan.field.name;
  }

  get fieldNodes(): readonly FieldNode[] {
    return this.#plan.nodes;
  }

  get returnType(): GraphQLOutputType {
    return this.#plan.field.type;
  }

  get parentType(): GraphQLObjectType {
    return this.#plan.parentType;
  }

  get schema(): GraphQLSchema {
    return this.run.schema;
  }

  get fragments(): Record<string, FragmentDefinitionNode> {
    return this.run.fragments;
  }

  get rootValue(): unknown {
    return this.run.rootValue;
  }

  get operation(): OperationDefinitionNode {
    return this.run.operation;
  }

  get variableValues(): Record<string, unknown> {
    return this.run.variables;
  }
}

/** The place of an item of a list. */
export class ItemPlace implements Place {
  readonly #list: Place;
  readonly #index: number;
  #path: Path | undefined;

  constructor(list: Place, index: number) {
    this.#list = list;
    this.#index = index;
  }

  get path(): Path {
    return (this.#path ??= { prev: this.#list.path, key: this.#index, typename: undefined });
  }
}

/**
 * Makes of what a resolver gave what the answer holds.
 * @param place that of the field, or of an item of its list
 * @throws what makes the field null, or what it is part of
 */
export type Complete = (field: FieldPlace, place: Place, value: unknown) => unknown;

/** Executes the selected fields of one object. */
export type ExecuteFields = (run: Run, source: unknown, place: Place | undefined) => unknown;

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Notes a failure where null may stand for it. @throws the failure, with its place, where it may not */
export function settleFailure(field: FieldPlace, place: Place, type: GraphQLOutputType, raw: unknown): null {
  const error = locatedError(raw, field.fieldNodes, responsePathAsArray(place.path));
  if (isNonNullType(type)) throw error;
  field.run.errors.push(error);
  return null;
}

/** What is waited for before a whole is complete; none for most: a list is made only when there is one. */
export type Pending = Promise<void>[] | undefined;

/** Puts what a promise gives in its place of a whole, later. @returns `pending` with it */
export function awaitInto<Key extends PropertyKey>(
  pending: Pending,
  whole: Record<Key, unknown>,
  key: Key,
  value: Promise<unknown>,
): Promise<void>[] {
  const stored = value.then((settled) => {
    whole[key] = settled;
  });
  if (pending === undefined) return [stored];
  pending.push(stored);
  return pending;
}

/** The whole once nothing of it is waited for; a failure is reported at once. */
export function finishWhole(pending: Pending, whole: unknown): unknown {
  return pending === undefined ? whole : awaitWhole(pending, whole);
}

function awaitWhole(pending: Promise<void>[], whole: unknown): Promise<unknown> {
  return Promise.all(pending).then(() => whole);
}

/** Fails, once nothing is left that could fail with nobody listening. @throws error when nothing is waited for */
export function failWhole(pending: Pending, error: unknown): Promise<never> {
  if (pending === undefined) throw error;
  return Promise.allSettled(pending).then(() => {
    throw error;
  });
}
