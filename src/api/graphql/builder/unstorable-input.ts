/** What PostgreSQL found wrong with an input, as one of our errors. */
import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { InvalidInputError } from '../../../errors.ts';
import { showValue } from '../../../platform/bounded-input/show-value.ts';
import { listUnstorable } from '../../../platform/bounded-input/storable-text.ts';
import { isUnstorableText } from '../../../platform/postgres/unstorable-text.ts';

/**
 * A text PostgreSQL cannot keep is found out by the failure: a text that is only compared in memory is no mistake.
 * @param input what may hold the text
 * @param path where that stands in the arguments
 * @returns the error itself unless it is of a text in the input
 */
export function nameUnstorable(error: unknown, input: unknown, path: readonly string[] = []): unknown {
  if (!isUnstorableText(error)) return error;
  return findUnstorable(input, path) ?? error;
}

function findUnstorable(input: unknown, path: readonly string[]): InvalidInputError | null {
  const [found] = listUnstorable(input, path);
  if (found === undefined) return null;
  return InvalidInputError.at(
    found.path.map(String),
    `expected no U+0000 and no half of a character, got ${showValue(found.text)}`,
  );
}

/** Names the argument in the errors of all root fields. */
class UnstorableInputPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { kind }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (kind !== 'Mutation' && kind !== 'Query') return resolve;
    return async (parent, args, context, info) => {
      try {
        return await resolve(parent, args, context, info);
      } catch (error) {
        throw nameUnstorable(error, args);
      }
    };
  }

  /** A subscription asks the database only later: its filter is looked through before. */
  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    if (subscribe === undefined) return undefined;
    return (parent, args: { readonly filter?: unknown }, context, info) => {
      const found = findUnstorable(args.filter, ['filter']);
      if (found !== null) throw found;
      return subscribe(parent, args, context, info);
    };
  }
}

export const UNSTORABLE_INPUT = 'lapwingUnstorableInput';

declare global {
  // Pothos finds the types of its plugins here.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      [UNSTORABLE_INPUT]: UnstorableInputPlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin(UNSTORABLE_INPUT, UnstorableInputPlugin);
