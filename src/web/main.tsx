/** Starts the page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { Router } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import { ApiProvider, createApi } from './api/api.ts';
import { createPreferences, PreferencesProvider } from './parts/preferences.ts';
import { Frame } from './frame.tsx';
import './style/tokens.css';
import './style/base.css';
import './style/controls.css';
import './style/frame.css';

/** The router decodes it before its parameters are: a search for %2F would be one for a slash. */
function useRawSearch(): string {
  return useSearch().replaceAll('%', '%25');
}

const place = document.getElementById('page');
if (place === null) throw new Error('page.html has no #page');
const api = createApi();
createRoot(place).render(
  <StrictMode>
    <ApiProvider value={api}>
      <Provider value={api.client}>
        <PreferencesProvider value={createPreferences()}>
          <Router searchHook={useRawSearch}>
            <Frame />
          </Router>
        </PreferencesProvider>
      </Provider>
    </ApiProvider>
  </StrictMode>,
);
