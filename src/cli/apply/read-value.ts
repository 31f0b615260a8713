/** Reads YAML as a value of an input type of GraphQL: the file says things in the words of the API, and is checked as it is. */
import {
  getNamedType,
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLScalarType,
} from 'graphql';
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { findNearestName } from './nearest-name.ts';
import type { YamlSource } from './yaml-source.ts';

/** Levels of a value of any shape, such as `userInfo`. */
const MAX_DEPTH = 32;

/**
 * @param path where it is in the file, for messages
 * @param at where a problem is if nothing is there: the key
 * @returns the value; undefined for one that is left out, and for one with a problem, which is reported to the source.
 *   Messages never repeat a text: it may be a secret.
 */
export function readValue(
  source: YamlSource,
  given: unknown,
  type: GraphQLInputType,
  path: string,
  at: unknown = given,
): unknown {
  const node = source.resolve(given);
  if (node === null || (isScalar(node) && node.value === null)) {
    if (isNonNullType(type)) source.report(at, `${path}: expected ${describeType(type.ofType)}, got nothing`);
    return undefined;
  }
  if (isNonNullType(type)) return readValue(source, node, type.ofType, path);
  if (isListType(type)) return readList(source, node, type.ofType, path);
  if (isInputObjectType(type)) return readObject(source, node, type, path);
  if (isEnumType(type)) return readEnum(source, node, type, path);
  return isScalarType(type) ? readScalar(source, node, type, path) : undefined;
}

function readList(source: YamlSource, node: Node, type: GraphQLInputType, path: string): unknown {
  if (isSeq(node)) {
    return node.items
      .map((item, index) => readValue(source, item, type, `${path}[${index}]`))
      .filter((item) => item !== undefined);
  }
  source.report(node, `${path}: expected a list, got ${describeNode(node)}`);
  return undefined;
}

function readObject(source: YamlSource, node: Node, type: GraphQLInputObjectType, path: string): unknown {
  if (!isMap(node)) {
    const where = path === '' ? '' : `${path}: `;
    source.report(node, `${where}expected ${describeType(type)}, got ${describeNode(node)}`);
    return undefined;
  }
  const fields = type.getFields();
  const value: Record<string, unknown> = {};
  const given = new Set<string>();
  let hasUnknown = false;
  for (const { key, value: child } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const field = fields[name];
    if (field === undefined) {
      source.report(key, describeUnknown(name, Object.keys(fields), path));
      hasUnknown = true;
      continue;
    }
    given.add(name);
    const read = readValue(source, child, field.type, join(path, name), key);
    if (read !== undefined) value[name] = read;
  }
  // What is missing may be there by a wrong name.
  if (!(type.isOneOf && hasUnknown)) reportMissing(source, node, type, given, path);
  return value;
}

function reportMissing(
  source: YamlSource,
  node: YAMLMap,
  type: GraphQLInputObjectType,
  given: ReadonlySet<string>,
  path: string,
): void {
  const names = Object.keys(type.getFields());
  if (type.isOneOf) {
    if (given.size === 1) return;
    const got = given.size === 0 ? 'none' : [...given].join(' and ');
    source.report(node, `${path}: expected exactly one of ${names.join(', ')}, got ${got}`);
    return;
  }
  for (const { name, type: of } of Object.values(type.getFields())) {
    if (isNonNullType(of) && !given.has(name))
      source.report(node, `${join(path, name)}: expected, is missing`);
  }
}

function readEnum(source: YamlSource, node: Node, type: GraphQLEnumType, path: string): unknown {
  const names = type.getValues().map(({ name }) => name);
  const given = isScalar(node) && typeof node.value === 'string' ? node.value : null;
  if (given !== null && names.includes(given)) return given;
  const near = given === null ? null : findNearestName(given, names);
  const hint = near === null ? '' : `; did you mean ${near}?`;
  source.report(node, `${path}: expected one of ${names.join(', ')}${hint}`);
  return undefined;
}

function readScalar(source: YamlSource, node: Node, type: GraphQLScalarType, path: string): unknown {
  if (type.name === 'JSON') return readAnything(source, node, path, MAX_DEPTH);
  const value: unknown = isScalar(node) ? node.value : undefined;
  const isTextual = type.name === 'String' || type.name === 'ID';
  const fail = (expected: string) => {
    // What should be a text may be a secret, a number too.
    const got = typeof value === 'number' && !isTextual ? String(value) : describeNode(node);
    source.report(node, `${path}: expected ${expected}, got ${got}`);
  };
  if (isTextual && typeof value !== 'string') {
    const canQuote = typeof value === 'number' || typeof value === 'boolean';
    fail(canQuote ? 'a text in quotes' : 'a text');
    return undefined;
  }
  try {
    return type.parseValue(value);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    fail(describeType(type));
    return undefined;
  }
}

/** @param room levels that are left */
function readAnything(source: YamlSource, given: unknown, path: string, room: number): unknown {
  const node = source.resolve(given);
  if (room === 0) {
    source.report(given, `${path}: expected at most ${MAX_DEPTH} levels`);
    return undefined;
  }
  if (isSeq(node)) return node.items.map((item) => readAnything(source, item, path, room - 1) ?? null);
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => [
      isScalar(key) ? String(key.value) : '',
      readAnything(source, value, path, room - 1) ?? null,
    ]);
    return Object.fromEntries(entries) as unknown;
  }
  return isScalar(node) ? node.value : null;
}

function describeUnknown(name: string, known: readonly string[], path: string): string {
  const near = findNearestName(name, known);
  const hint = near === null ? `expected one of ${known.join(', ')}` : `did you mean ${near}?`;
  return `${join(path, name)}: there is no such key; ${hint}`;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

const SCALARS: Readonly<Record<string, string>> = {
  Int: 'a whole number',
  Float: 'a number',
  Boolean: 'true or false',
  String: 'a text',
  ID: 'a text',
  DateTime: 'a time such as 2026-11-23T09:30:00Z',
};

function describeType(type: GraphQLInputType): string {
  if (isListType(type)) return 'a list';
  if (isInputObjectType(type)) return `a mapping with ${Object.keys(type.getFields()).join(', ')}`;
  return SCALARS[getNamedType(type).name] ?? 'a value';
}

function describeNode(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  const value: unknown = isScalar(node) ? node.value : null;
  if (typeof value === 'string') return 'a text';
  return typeof value === 'number' ? 'a number' : String(value);
}
