/**
 * Equal subscriptions are executed once per event. Ours are given the same event objects (core/score-group.ts), so
 * the result of one can be everybody's: a thousand dashboards on one view cost one execution.
 */
import {
  createSourceEventStream,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql';

export type SubscribeResult = ExecutionResult | AsyncIterableIterator<ExecutionResult>;

/**
 * @param options.scopeOf what the caller may see, as text: only equals share
 * @returns what stands in for graphql's `subscribe`
 */
export function createSharedSubscribe(options: {
  readonly scopeOf: (context: unknown) => string;
  /** Is given each event with what was made of it. */
  readonly onExecuted?: (event: unknown, result: ExecutionResult) => void;
}): (args: ExecutionArgs) => Promise<SubscribeResult> {
  const results = new WeakMap<object, Map<string, Promise<ExecutionResult>>>();

  const executeEvent = async (event: unknown, args: ExecutionArgs) => {
    const result = await execute({ ...args, rootValue: event });
    options.onExecuted?.(event, result);
    return result;
  };
  const executeOnce = (event: unknown, key: string, args: ExecutionArgs) => {
    if (typeof event !== 'object' || event === null) return executeEvent(event, args);
    const known = results.get(event)?.get(key);
    if (known !== undefined) return known;
    const result = executeEvent(event, args);
    const ofEvent = results.get(event) ?? new Map<string, Promise<ExecutionResult>>();
    results.set(event, ofEvent.set(key, result));
    return result;
  };

  return async (args) => {
    const events = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in events)) return events;
    const key = describeOperation(args, options.scopeOf(args.contextValue));
    return mapEvents(events[Symbol.asyncIterator](), (event) => executeOnce(event, key, args));
  };
}

/** Two operations with equal descriptions make the same of an event. */
function describeOperation(args: ExecutionArgs, scope: string): string {
  const { document, operationName, variableValues } = args;
  const operation = getOperationAST(document, operationName);
  const starts = operation == null ? new Set<string>() : findStartVariables(operation);
  const variables = Object.entries(variableValues ?? {}).filter(([name]) => !starts.has(name));
  return JSON.stringify([scope, operation?.name?.value, print(document), variables]);
}

/**
 * Variables used once in the operation, for `after` of its root field: they say where a subscription begins, and
 * nothing of what is made of an event.
 */
function findStartVariables(operation: OperationDefinitionNode): ReadonlySet<string> {
  const uses = new Map<string, number>();
  const count = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  visit(operation, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void count(name.value),
  });
  const starts = new Set<string>();
  for (const selection of operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD) continue;
    for (const { name, value } of selection.arguments ?? []) {
      const isStart = name.value === 'after' && value.kind === Kind.VARIABLE;
      if (isStart && uses.get(value.name.value) === 1) starts.add(value.name.value);
    }
  }
  return starts;
}

/** Not an async generator: its `return()` would wait for an event that may never come. */
function mapEvents(
  events: AsyncIterator<unknown>,
  toResult: (event: unknown) => Promise<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  return {
    next: async () => {
      const event = await events.next();
      if (event.done === true) return { done: true, value: undefined };
      return { done: false, value: await toResult(event.value) };
    },
    return: async () => {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
