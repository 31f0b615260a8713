/** What can be taken away by a link. */
import { setting, wholeNumber, type Setting } from './setting.ts';

export const DOWNLOAD_SETTINGS = {
  downloadLinkSeconds: setting('LAPWING_DOWNLOAD_LINK_SECONDS', wholeNumber(1, 86_400), '600').about(
    'How long a download link is valid: its holder needs no key.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
