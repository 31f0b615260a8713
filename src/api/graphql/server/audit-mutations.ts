/** Puts every mutation into the audit log, with what became of it, before its result goes anywhere. */
import {
  defaultFieldResolver,
  getNamedType,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
} from 'graphql';
import type { AuditLog } from '../../../core/access/audit-log.ts';
import { ExpectedError } from '../../../errors.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Context } from '../builder/context.ts';
import { readScope } from './root-scopes.ts';

/** Changes the resolvers of the schema's mutations. Those that push points are only counted. */
export function auditMutations(
  schema: GraphQLSchema,
  options: {
    readonly audit: AuditLog;
    readonly stats: Stats;
    readonly readRequestId: (context: object) => string | null;
  },
): void {
  const root = schema.getMutationType();
  if (root == null) return;
  for (const field of Object.values(root.getFields()) as GraphQLField<unknown, Context>[]) {
    const resolve = field.resolve ?? defaultFieldResolver;
    if (readScope(root, field.name) === 'INGEST') {
      field.resolve = (source, args: object, context, info) => {
        options.stats.count('audit_ingest_mutations');
        return resolve(source, args, context, info);
      };
      continue;
    }
    field.resolve = async (source, args: object, context, info) => {
      const note = (result: string) => {
        const requestId = options.readRequestId(context);
        return options.audit.write({
          caller: context.caller,
          field: field.name,
          arguments: args,
          result,
          requestId,
        });
      };
      try {
        const value: unknown = await resolve(source, args, context, info);
        await note(await nameType(value, context, info));
        return value;
      } catch (error) {
        await note(error instanceof ExpectedError ? error.code : 'INTERNAL_SERVER_ERROR');
        throw error;
      }
    };
  }
}

/** The type a caller sees: of a union the member. */
async function nameType(value: unknown, context: Context, info: GraphQLResolveInfo): Promise<string> {
  const type = getNamedType(info.returnType);
  if (!isAbstractType(type)) return type.name;
  const name = await (type.resolveType ?? nameOf)(value, context, info, type);
  return name ?? type.name;
}

function nameOf(value: unknown): string | undefined {
  const isNamed = typeof value === 'object' && value !== null && '__typename' in value;
  return isNamed && typeof value.__typename === 'string' ? value.__typename : undefined;
}
