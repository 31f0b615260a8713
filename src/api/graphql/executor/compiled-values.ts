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
  type FieldPlace,
  finishWhole,
  isPromise,
  ItemPlace,
  type Pending,
  type Place,
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
  return (field, place, value) => {
    const completed = inner(field, place, value);
    if (completed !== null) return completed;
    const { parentType, fieldName } = field;
    throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${fieldName}.`);
  };
}

function completeLeaf(type: GraphQLLeafType): Complete {
  return (_field, _place, value) => {
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
  return (field, place, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    if (isIterable(value)) return completeItems(items, field, place, value);
    throw new Error(`expected a list for ${field.parentType.name}.${field.fieldName}, got ${typeof value}`);
  };
}

interface Items {
  readonly type: GraphQLOutputType;
  readonly isPlain: boolean;
  readonly complete: Complete;
}

function completeItems(items: Items, field: FieldPlace, place: Place, values: Iterable<unknown>): unknown {
  const list: unknown[] = [];
  let pending: Pending;
  try {
    for (const value of values) {
      const index = list.length;
      const completed = completeOne(items, field, place, index, value);
      list.push(completed);
      if (isPromise(completed)) {
        pending = awaitInto(pending, list, index, settleLater(items, field, place, index, completed));
      }
    }
  } catch (error) {
    return failWhole(pending, error);
  }
  return finishWhole(pending, list);
}

function completeOne(items: Items, field: FieldPlace, list: Place, index: number, value: unknown): unknown {
  const place = items.isPlain ? list : new ItemPlace(list, index);
  try {
    return isPromise(value) ? completeLater(items, field, place, value) : items.complete(field, place, value);
  } catch (error) {
    return settleFailure(field, new ItemPlace(list, index), items.type, error);
  }
}

function completeLater(
  { complete }: Items,
  field: FieldPlace,
  place: Place,
  value: Promise<unknown>,
): Promise<unknown> {
  return value.then((settled) => complete(field, place, settled));
}

function settleLater(
  { type }: Items,
  field: FieldPlace,
  list: Place,
  index: number,
  completed: Promise<unknown>,
): Promise<unknown> {
  return completed.then(undefined, (error: unknown) =>
    settleFailure(field, new ItemPlace(list, index), type, error),
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function completeObject(type: GraphQLObjectType, { compile }: Below): Complete {
  // Only at first use: what is never answered is never looked at.
  let fields: ExecuteFields | undefined;
  return (field, place, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    const execute = (fields ??= compile(type));
    if (type.isTypeOf == null) return execute(field.run, value, place);
    const belongs = type.isTypeOf(value, field.run.context, field);
    if (isPromise(belongs)) return executeLater(execute, type, field, place, value, belongs);
    return execute(field.run, checkBelongs(belongs, type, value), place);
  };
}

function executeLater(
  execute: ExecuteFields,
  type: GraphQLObjectType,
  { run }: FieldPlace,
  place: Place,
  value: unknown,
  belongs: Promise<unknown>,
): Promise<unknown> {
  return belongs.then((settled) => execute(run, checkBelongs(settled, type, value), place));
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
  return (field, place, value) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    const name = resolveType(value, field.run.context, field, type);
    if (!isPromise(name)) return completeAs(name)(field, place, value);
    return name.then((settled) => completeAs(settled)(field, place, value));
  };
}
