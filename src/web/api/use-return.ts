/** The moment the connection stands again after it broke. */
import { useEffect, useEffectEvent } from 'react';
import { useApi } from './api.ts';

/** Calls back each time: what happened meanwhile is not known. */
export function useReturn(onReturn: () => void): void {
  const { socket } = useApi();
  const notify = useEffectEvent(onReturn);
  useEffect(() => {
    const isBroken = () => ['offline', 'refused'].includes(socket.connection.get());
    let hasBroken = isBroken();
    return socket.connection.subscribe(() => {
      const state = socket.connection.get();
      if (state === 'live' && hasBroken) notify();
      if (state !== 'connecting') hasBroken = isBroken();
    });
  }, [socket]);
}
