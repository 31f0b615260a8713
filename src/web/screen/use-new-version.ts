/** A page that stays open for months has to notice that the server brings another one. */
import { useEffect, useRef } from 'react';
import { useReturn } from '../api/use-return.ts';

/** Loads the page anew when the connection comes back and the server has another page than the one that runs. */
export function useNewVersion(): void {
  const loaded = useRef<string | null>(null);
  useEffect(() => {
    void readVersion().then((version) => {
      loaded.current ??= version;
    });
  }, []);
  useReturn(() => {
    void readVersion().then((version) => {
      // Only what was just answered is loaded: a browser's own page of errors would stay for ever.
      if (version !== null && loaded.current !== null && version !== loaded.current) location.reload();
    });
  });
}

/** @returns null when the server gives none */
async function readVersion(): Promise<string | null> {
  try {
    const response = await fetch('/', { method: 'HEAD', cache: 'no-store' });
    return response.ok ? response.headers.get('etag') : null;
  } catch {
    // The server is away, which the screen shows.
    return null;
  }
}
