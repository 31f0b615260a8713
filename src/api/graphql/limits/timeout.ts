/** A query or mutation that takes too long is given up, and its caller gets an error. Subscriptions may last for ever. */
import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Refuse } from './error.ts';

type Execute = (args: object) => unknown;

/**
 * No field is begun after the end of its time; a statement that runs in the database by then ends by the limit of
 * the connection (db/connection.ts). A mutation may have done part of what it was asked for.
 */
export function limitTime(seconds: number, refuse: Refuse): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      // Envelop types it loosely; it takes the arguments of an execution.
      const execute = executeFn as Execute;
      setExecuteFn((args: object) => executeWithin(seconds, execute, args, refuse));
    },
  };
}

async function executeWithin(seconds: number, execute: Execute, args: object, refuse: Refuse) {
  const abort = new AbortController();
  const end = startTimer(seconds * 1000);
  const late = end.passed.then((): { errors: readonly GraphQLError[] } => {
    const seen = `more than ${seconds} seconds; what was begun may still be done`;
    const error = refuse({ limit: 'time', allowed: seconds, seen, http: { status: 503 } });
    abort.abort(error);
    return { errors: [error] };
  });
  try {
    // A resolver that does not end holds its own execution up, not the answer.
    return await Promise.race([execute({ ...args, signal: abort.signal }), late]);
  } finally {
    end.stop();
  }
}

function startTimer(limitMs: number): { readonly passed: Promise<void>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  return { passed, stop: () => clearTimeout(timer) };
}
