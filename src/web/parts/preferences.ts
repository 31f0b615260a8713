/** The user's preferences; kept in this browser. */
import { createContext, useContext } from 'react';
import { createStore, type Store, useStore } from '../api/store.ts';

export type Zone = 'local' | 'UTC';
type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  readonly zone: Store<Zone>;
  readonly theme: Store<Theme>;
  readonly turnZone: () => void;
  readonly turnTheme: () => void;
}

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export function createPreferences(storage: Storage = localStorage): Preferences {
  const zone = createStore<Zone>(storage.getItem('lapwing-zone') === 'UTC' ? 'UTC' : 'local');
  const kept = storage.getItem('lapwing-theme');
  const theme = createStore<Theme>(THEMES.find((known) => known === kept) ?? 'system');
  const showTheme = () => {
    if (theme.get() === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.get();
  };
  showTheme();
  return {
    zone,
    theme,
    turnZone: () => {
      zone.set(zone.get() === 'UTC' ? 'local' : 'UTC');
      storage.setItem('lapwing-zone', zone.get());
    },
    turnTheme: () => {
      theme.set(THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length] ?? 'system');
      storage.setItem('lapwing-theme', theme.get());
      showTheme();
    },
  };
}

const PreferencesContext = createContext<Preferences | null>(null);
export const PreferencesProvider = PreferencesContext.Provider;

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (preferences === null) throw new Error('the page is drawn outside of its PreferencesProvider');
  return preferences;
}

export function useZone(): Zone {
  return useStore(usePreferences().zone);
}
