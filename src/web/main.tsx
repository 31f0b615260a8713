/** Starts the page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { ApiProvider, createApi } from './api/api.ts';
import { createPreferences, PreferencesProvider } from './parts/preferences.ts';
import { Frame } from './frame.tsx';
import './style/tokens.css';
import './style/base.css';
import './style/controls.css';
import './style/frame.css';

const place = document.getElementById('page');
if (place === null) throw new Error('page.html has no #page');
const api = createApi();
createRoot(place).render(
  <StrictMode>
    <ApiProvider value={api}>
      <Provider value={api.client}>
        <PreferencesProvider value={createPreferences()}>
          <Frame />
        </PreferencesProvider>
      </Provider>
    </ApiProvider>
  </StrictMode>,
);
