/** Load comes from processes of its own: a generator on the event loop under measure would measure itself. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface LoadProcess extends AsyncDisposable {
  /** Sends an order and waits for its answer. @throws Error when the process ends instead */
  request<T>(order: object): Promise<T>;
  readonly pid: number;
}

/** @param file a script beside this one that calls `answerOrders` */
export function startLoadProcess(file: string): LoadProcess {
  const child = fork(new URL(file, import.meta.url), { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} ended`);
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    request: async <T>(order: object) => {
      const answer = once(child, 'message');
      child.send(order);
      const [message] = (await Promise.race([answer, ended])) as [T];
      return message;
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}

/** The other side: each order is answered by one message. @param answer what it is given came from `request` */
export function answerOrders(answer: (order: unknown) => Promise<object>): void {
  process.on('message', (order) => {
    void answer(order).then((result) => process.send?.(result));
  });
}
