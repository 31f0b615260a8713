/** The user's preferences; kept in this browser. */
import { createContext, useContext } from 'react';
import { createStore, type Store, useStore } from '../api/store.ts';
import { SavedList } from '../saved/saved-list.ts';
import { keepIfPossible, openStorage } from '../api/storage.ts';

export type Zone = 'local' | 'UTC';
type Theme = 'system' | 'light' | 'dark';
/** How much room rows and lists take. */
export type Density = 'comfortable' | 'compact';

export interface Preferences {
  readonly zone: Store<Zone>;
  readonly theme: Store<Theme>;
  readonly density: Store<Density>;
  /** Saved by name. */
  readonly views: SavedList;
  /** Metrics with a star. */
  readonly favourites: SavedList;
  readonly turnZone: () => void;
  readonly turnTheme: () => void;
  readonly turnDensity: () => void;
}

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export function createPreferences(storage = openStorage(() => localStorage)): Preferences {
  const zone = createStore<Zone>(storage.getItem('lapwing-zone') === 'UTC' ? 'UTC' : 'local');
  const kept = storage.getItem('lapwing-theme');
  const theme = createStore<Theme>(THEMES.find((known) => known === kept) ?? 'system');
  const density = createStore<Density>(
    storage.getItem('lapwing-density') === 'compact' ? 'compact' : 'comfortable',
  );
  const views = new SavedList(storage, 'lapwing-views', 'name');
  const favourites = new SavedList(storage, 'lapwing-favourites', 'href');
  for (const list of [views, favourites]) list.followOtherTabs(window);
  const showDensity = () => {
    document.documentElement.dataset.density = density.get();
  };
  const showTheme = () => {
    if (theme.get() === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.get();
  };
  showTheme();
  showDensity();
  return {
    zone,
    theme,
    density,
    views,
    favourites,
    turnZone: () => {
      zone.set(zone.get() === 'UTC' ? 'local' : 'UTC');
      keepIfPossible(storage, 'lapwing-zone', zone.get());
    },
    turnTheme: () => {
      theme.set(THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length] ?? 'system');
      keepIfPossible(storage, 'lapwing-theme', theme.get());
      showTheme();
    },
    turnDensity: () => {
      density.set(density.get() === 'compact' ? 'comfortable' : 'compact');
      keepIfPossible(storage, 'lapwing-density', density.get());
      showDensity();
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
