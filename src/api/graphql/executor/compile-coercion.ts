/**
 * Input values coerced by functions made once per type. graphql's own walk asks every type what it is and keeps a
 * path for every value; for a hundred points that is most of what a request costs. Only values that are plainly right
 * are coerced here: for any other the answer is ODD, and graphql's own coercion finds what is wrong and says so.
 */
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** Not plainly right: it may still be. */
export const ODD = Symbol('odd');

export type Coerce = (value: unknown) => unknown;

/** @returns for one schema: types are distinguished by identity */
export function createCoercions(): (type: GraphQLInputType) => Coerce {
  const known = new Map<GraphQLInputType, Coerce>();
  const compile = (type: GraphQLInputType): Coerce => {
    const before = known.get(type);
    if (before !== undefined) return before;
    const made = make(type);
    known.set(type, made);
    return made;
  };
  const make = (type: GraphQLInputType): Coerce => {
    if (isNonNullType(type)) {
      const inner = compile(type.ofType);
      return (value) => (value == null ? ODD : inner(value));
    }
    if (isListType(type)) return coerceList(compile(type.ofType));
    if (isInputObjectType(type)) return coerceObject(type, compile);
    return coerceLeaf((value) => type.parseValue(value));
  };
  return compile;
}

/** A single value in place of a list is allowed, but odd. */
function coerceList(coerceItem: Coerce): Coerce {
  return (value) => {
    if (value == null) return null;
    if (!Array.isArray(value)) return ODD;
    const list: unknown[] = [];
    for (const item of value) {
      const coerced = coerceItem(item);
      if (coerced === ODD) return ODD;
      list.push(coerced);
    }
    return list;
  };
}

function coerceObject(type: GraphQLInputObjectType, compile: (type: GraphQLInputType) => Coerce): Coerce {
  if (type.isOneOf) return () => ODD;
  // Only now may a type that holds itself be compiled: at first use.
  let fields: readonly Field[] | undefined;
  return (value) => {
    if (value == null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) return ODD;
    fields ??= Object.values(type.getFields()).map((field) => ({
      name: field.name,
      coerce: compile(field.type),
      isRequired: isNonNullType(field.type) && field.defaultValue === undefined,
      defaultValue: field.defaultValue,
    }));
    return coerceFields(fields, value as Readonly<Record<string, unknown>>);
  };
}

interface Field {
  readonly name: string;
  readonly coerce: Coerce;
  readonly isRequired: boolean;
  readonly defaultValue: unknown;
}

function coerceFields(fields: readonly Field[], given: Readonly<Record<string, unknown>>): unknown {
  const object: Record<string, unknown> = {};
  let found = 0;
  for (const { name, coerce, isRequired, defaultValue } of fields) {
    const value = given[name];
    if (value === undefined) {
      if (isRequired) return ODD;
      if (defaultValue !== undefined) object[name] = defaultValue;
      continue;
    }
    const coerced = coerce(value);
    if (coerced === ODD) return ODD;
    object[name] = coerced;
    found += 1;
  }
  return hasKeys(given, found) ? object : ODD;
}

/** A key that is no field is an error; one whose value is undefined cannot come in JSON. */
function hasKeys(given: object, count: number): boolean {
  let keys = 0;
  for (const key in given) {
    if (Object.hasOwn(given, key)) keys += 1;
    if (keys > count) return false;
  }
  return keys === count;
}

function coerceLeaf(parse: Coerce): Coerce {
  return (value) => {
    if (value == null) return null;
    try {
      const parsed = parse(value);
      return parsed === undefined ? ODD : parsed;
    } catch {
      // graphql's own coercion meets the same error and reports it with its place.
      return ODD;
    }
  };
}
