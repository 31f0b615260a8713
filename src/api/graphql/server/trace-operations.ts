/** A span for each query and mutation, below the one of its request; over a WebSocket the operation is the request. */
import type { Plugin } from 'graphql-yoga';
import type { RequestMonitor } from '../../../platform/telemetry/request-monitor.ts';
import type { Tracing } from '../../../platform/tracing/tracing.ts';
import { describeOperation, type Executed, findOpen } from './monitor-operations.ts';

/** To be put behind the plugins that choose how operations are executed. Does nothing where no traces are sent. */
export function traceOperations(tracing: Tracing | null, monitor: RequestMonitor): Plugin {
  if (tracing === null) return {};
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      // Envelop types them loosely; it is the object the other hooks are given.
      const { open } = findOpen(monitor, args.contextValue);
      const execute = executeFn as (given: Executed) => unknown;
      setExecuteFn((given: Executed) => {
        const { type = 'none', field = '' } = describeOperation(given);
        const attributes = { 'graphql.operation.type': type, 'lapwing.root_field': field };
        const run = () => tracing.run(`${type} ${field}`, attributes, () => Promise.resolve(execute(given)));
        return open === undefined ? run() : open.within(run);
      });
    },
  };
}
