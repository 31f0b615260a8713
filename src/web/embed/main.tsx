/** Starts a panel: one metric, within somebody else's page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createPreferences, PreferencesProvider } from '../parts/preferences.ts';
import { Panel } from './panel.tsx';
import { PanelFeed } from './panel-feed.ts';
import '../style/tokens.css';
import '../style/base.css';
import '../style/controls.css';
import 'uplot/dist/uPlot.min.css';
import '../style/embed.css';

const MAX_POINTS = 4000;

const place = document.getElementById('panel');
if (place === null) throw new Error('embed.html has no #panel');
const theme = new URLSearchParams(location.search).get('theme');
// A page of another origin may keep a panel from the storage of this one, where there is nothing for it anyway.
const storage = {
  getItem: (name: string) => (name === 'lapwing-theme' ? theme : null),
  setItem: () => undefined,
};
const feed = new PanelFeed(location.pathname.replace(/\/$/, ''), {
  points: Math.min(MAX_POINTS, Math.round(innerWidth * devicePixelRatio)),
});
feed.start();
createRoot(place).render(
  <StrictMode>
    <PreferencesProvider value={createPreferences(storage)}>
      <Panel feed={feed} />
    </PreferencesProvider>
  </StrictMode>,
);
