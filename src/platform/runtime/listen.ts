/** Listening on a TCP port, with errors that say which setting to change. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { OperatorError } from '../../errors.ts';

/** The address cannot be listened on; the message says what to do. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError';
  /** The system's: EADDRINUSE, EACCES, … */
  readonly code: string | undefined;
  constructor(message: string, cause: NodeJS.ErrnoException) {
    super(message, { cause });
    this.code = cause.code;
  }
}

export interface ListenAddress {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The setting the port comes from: errors name it. */
  readonly portSetting: string;
}

/**
 * Begins to listen.
 * @returns the address that was taken
 * @throws ListenError when it cannot be had
 */
export function listenOn(server: Server, address: ListenAddress): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(describeListenError(error, address));
    server.once('error', onError);
    server.listen(address.port, address.host, () => {
      server.off('error', onError);
      // A TCP server that listens has an address of this kind.
      resolve(server.address() as AddressInfo);
    });
  });
}

/**
 * Whether the address can be had now: before a start that takes long, so that the commonest mistake is reported first.
 * @throws ListenError when it cannot
 */
export async function checkAddress(address: ListenAddress): Promise<void> {
  const server = createServer();
  await listenOn(server, address);
  await new Promise((resolve) => server.close(resolve));
}

function describeListenError(error: NodeJS.ErrnoException, address: ListenAddress): ListenError {
  const { host, port, portSetting } = address;
  const noAddress = `${host} is not an address of this machine: set LAPWING_HOST to one that is`;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE:
      `port ${port} of ${host} is already in use: stop the process that uses it (is another Lapwing running?), ` +
      `or set ${portSetting} to another port`,
    EACCES: `port ${port} needs more rights than this user has: set ${portSetting} to a port above 1023`,
    EADDRNOTAVAIL: noAddress,
    ENOTFOUND: noAddress,
    EAI_AGAIN: noAddress,
    EMFILE: 'too many open files: raise the limit of file descriptors (ulimit -n)',
  };
  const reason = reasons[error.code ?? ''] ?? `cannot listen on ${host}:${port}: ${error.message}`;
  return new ListenError(reason, error);
}
