/**
 * Options of a server that never closes a connection for being idle: a client on a busy machine would send its next
 * request just as that happens, and fail.
 */
export const KEPT_OPEN = { keepAliveTimeout: 0 } as const;
