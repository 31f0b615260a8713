/** The fields of an object, each with what to call and how to complete what it gives: made once per operation. */
import {
  defaultFieldResolver,
  type FieldNode,
  getArgumentValues,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { createCompleter } from './compiled-values.ts';
import {
  awaitInto,
  type Complete,
  type ExecuteFields,
  failWhole,
  FieldPlace,
  finishWhole,
  isPromise,
  type Pending,
  type Place,
  type PlannedField,
  type Run,
  settleFailure,
} from './compiled-run.ts';
import { collectFields, type Selections } from './compiled-selection.ts';

type Field = GraphQLField<unknown, unknown>;

interface FieldPlan extends PlannedField {
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  readonly complete: Complete;
}

/** @param nodes what is asked of objects of this type in one place of the answer */
export function compileFields(
  selections: Selections,
  type: GraphQLObjectType,
  nodes: Parameters<typeof collectFields>[2],
): ExecuteFields {
  const plans = [...collectFields(selections, type, nodes)].flatMap(([name, ofName]) => {
    const field = findField(selections.schema, type, ofName[0]?.name.value ?? '');
    return field === undefined ? [] : [planField(selections, type, field, name, ofName)];
  });
  return (run, source, place) => executeFields(plans, run, source, place);
}

function planField(
  selections: Selections,
  parentType: GraphQLObjectType,
  field: Field,
  name: string,
  nodes: readonly FieldNode[],
): FieldPlan {
  const complete = createCompleter(field.type, {
    schema: selections.schema,
    compile: (type) => compileFields(selections, type, nodes),
  });
  return { name, field, nodes, parentType, resolve: field.resolve ?? defaultFieldResolver, complete };
}

// No function is made on the way of what comes at once: V8 keeps what one might need, for each field of each row.

function executeFields(
  plans: readonly FieldPlan[],
  run: Run,
  source: unknown,
  place: Place | undefined,
): unknown {
  // The reason is the one error the answer has by then.
  if (run.signal?.aborted === true) throw run.signal.reason as Error;
  const object: Record<string, unknown> = {};
  let pending: Pending;
  try {
    for (const plan of plans) {
      const value = executeField(plan, run, source, place);
      // Set ahead even when it is waited for: the answer has the order of the question.
      object[plan.name] = value;
      if (isPromise(value)) pending = awaitInto(pending, object, plan.name, value);
    }
  } catch (error) {
    return failWhole(pending, error);
  }
  return finishWhole(pending, object);
}

function executeField(plan: FieldPlan, run: Run, source: unknown, parent: Place | undefined): unknown {
  const place = new FieldPlace(plan, run, parent);
  try {
    const value = plan.resolve(source, readArgs(plan, run), run.context, place);
    if (isPromise(value)) return completeLater(plan, place, value);
    const completed = plan.complete(place, place, value);
    return isPromise(completed) ? settleLater(place, completed) : completed;
  } catch (error) {
    return settleFailure(place, place, plan.field.type, error);
  }
}

function completeLater(plan: FieldPlan, place: FieldPlace, value: Promise<unknown>): Promise<unknown> {
  return settleLater(
    place,
    value.then((settled) => plan.complete(place, place, settled)),
  );
}

function settleLater(place: FieldPlace, completed: Promise<unknown>): Promise<unknown> {
  return completed.then(undefined, (error: unknown) => settleFailure(place, place, place.returnType, error));
}

/** @throws GraphQLError for a variable that is null where it may not be */
function readArgs(plan: FieldPlan, run: Run): Record<string, unknown> {
  const { field, nodes } = plan;
  const known = run.args.get(plan);
  if (known !== undefined) return known;
  const [node] = nodes;
  const args = node === undefined ? {} : getArgumentValues(field, node, run.variables);
  run.args.set(plan, args);
  return args;
}

function findField(schema: GraphQLSchema, type: GraphQLObjectType, name: string): Field | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}
