import { useStore } from '../api/store.ts';
import { nameZone } from './format-time.ts';
import { usePreferences } from './preferences.ts';

const THEME_WORDS = { system: 'System', light: 'Light', dark: 'Dark' } as const;

/** The zone times are shown in, light or dark, and how much room a row takes. */
export function ViewButtons() {
  const preferences = usePreferences();
  const zone = useStore(preferences.zone);
  const theme = useStore(preferences.theme);
  const density = useStore(preferences.density);
  return (
    <div className="line">
      <button
        className="bare"
        onClick={preferences.turnZone}
        title="Change between the browser's zone and UTC"
        aria-label={`Times are in ${nameZone(zone)}; change`}
      >
        {nameZone(zone)}
      </button>
      <button
        className="bare"
        onClick={preferences.turnTheme}
        title="Change the colour theme"
        aria-label={`Theme: ${THEME_WORDS[theme]}; change`}
      >
        Theme: {THEME_WORDS[theme]}
      </button>
      <button
        className="bare"
        onClick={preferences.turnDensity}
        aria-pressed={density === 'compact'}
        title="Show more rows on the screen"
      >
        Compact
      </button>
    </div>
  );
}
