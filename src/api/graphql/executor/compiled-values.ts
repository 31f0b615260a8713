/** Completes values by their type, as the GraphQL specification has it (CompleteValue): one function per type. */
import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  getNullableType,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import {
  awaitInto,
  type Complete,
  type ExecuteFields,
  failWhole,
  finishWhole,
  type Info,
  isPromise,
  type Path,
  type Pending,
  type Run,
  settleFailure,
} from './compiled-run.ts';

interface Below {
  readonly schema: GraphQLSchema;
  /** Makes what is asked of an object of this type. */
  readonly compile: (type: GraphQLObjectType) => ExecuteFields;
}

/** @returns for the type of a field */
export function createCompleter(type: GraphQLOutputType, below: Below): Complete {
  if (isNonNullType(type)) return completeNonNull(createCompleter(type.ofType, below));
  if (isListType(type)) return completeList(type.ofType, createCompleter(type.ofType, below));
  if (isLeafType(type)) return completeLeaf(type);
  if (isObjectType(type)) return completeObject(type, below);
  return completeAbstract(type, below);
}

function completeNonNull(inner: Complete): Complete {
  return (run, info, path, value) => {
    const completed = inner(run, info, path, value);
    if (completed !== null) return completed;
    const { parentType, fieldName } = info;
    throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${fieldName}.`);
  };
}

function completeLeaf(type: GraphQLLeafType): Complete {
  return (_run, _info, _path, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    const written = type.serialize(value);
    if (written !== null && written !== undefined) return written;
    throw new Error(`${type.name} has no way to write ${typeof value}`);
  };
}

function completeList(itemType: GraphQLOutputType, completeItem: Complete): Complete {
  // Plain values need no place of their own until they fail.
  const isPlain = isLeafType(getNullableType(itemType));
  const items: Items = { type: itemType, isPlain, complete: completeItem };
  return (run, info, path, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    if (isIterable(value)) return completeItems(items, run, info, path, value);
    throw new Error(`expected a list for ${info.parentType.name}.${info.fieldName}, got ${typeof value}`);
  };
}

interface Items {
  readonly type: GraphQLOutputType;
  readonly isPlain: boolean;
  readonly complete: Complete;
}

function completeItems(items: Items, run: Run, info: Info, path: Path, values: Iterable<unknown>): unknown {
  const list: unknown[] = [];
  let pending: Pending;
  try {
    for (const value of values) {
      const index = list.length;
      const completed = completeOne(items, run, info, path, index, value);
      list.push(completed);
      if (!isPromise(completed)) continue;
      const settled = completed.then(undefined, (error: unknown) =>
        settleFailure(run, info, placeAt(path, index), items.type, error),
      );
      pending = awaitInto(pending, settled, (final) => (list[index] = final));
    }
  } catch (error) {
    return failWhole(pending, error);
  }
  return finishWhole(pending, list);
}

function completeOne(items: Items, run: Run, info: Info, path: Path, index: number, value: unknown): unknown {
  const itemPath = items.isPlain ? path : placeAt(path, index);
  try {
    if (!isPromise(value)) return items.complete(run, info, itemPath, value);
    return value.then((settled) => items.complete(run, info, itemPath, settled));
  } catch (error) {
    return settleFailure(run, info, placeAt(path, index), items.type, error);
  }
}

function placeAt(prev: Path, index: number): Path {
  return { prev, key: index, typename: undefined };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function completeObject(type: GraphQLObjectType, { compile }: Below): Complete {
  // Only at first use: what is never answered is never looked at.
  let fields: ExecuteFields | undefined;
  return (run, info, path, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    const execute = (fields ??= compile(type));
    if (type.isTypeOf == null) return execute(run, value, path);
    const belongs = type.isTypeOf(value, run.context, info);
    if (!isPromise(belongs)) return execute(run, checkBelongs(belongs, type, value), path);
    return belongs.then((settled) => execute(run, checkBelongs(settled, type, value), path));
  };
}

function checkBelongs(belongs: unknown, type: GraphQLObjectType, value: unknown): unknown {
  if (belongs === true) return value;
  throw new Error(`expected a value of type ${type.name}, got another`);
}

function completeAbstract(type: GraphQLAbstractType, below: Below): Complete {
  const byType = new Map<GraphQLObjectType, Complete>();
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const completeAs = (name: unknown): Complete => {
    const found = typeof name === 'string' ? below.schema.getType(name) : undefined;
    if (!isObjectType(found) || !below.schema.isSubType(type, found)) {
      throw new Error(`${type.name}: no member of it was found for a value`);
    }
    const known = byType.get(found) ?? completeObject(found, below);
    byType.set(found, known);
    return known;
  };
  return (run, info, path, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    const name = resolveType(value, run.context, info, type);
    if (!isPromise(name)) return completeAs(name)(run, info, path, value);
    return name.then((settled) => completeAs(settled)(run, info, path, value));
  };
}
