// What the viewer likes; kept by his browser.

export type Theme = 'auto' | 'dark' | 'light' | 'contrast';
export const kThemes: Theme[] = ['auto', 'dark', 'light', 'contrast'];

const kKey = 'lockstep.preferences';

interface Kept {
  theme: Theme;
}

function load(): Kept {
  const usual: Kept = { theme: 'auto' };
  try {
    const kept = JSON.parse(localStorage.getItem(kKey) ?? '{}') as Partial<Kept>;
    return kThemes.includes(kept.theme as Theme) ? { theme: kept.theme as Theme } : usual;
  } catch {
    return usual; // no storage, or somebody else's
  }
}

class Preferences {
  theme = $state<Theme>(load().theme);
  private readonly prefersLight = matchMedia('(prefers-color-scheme: light)');
  private systemIsLight = $state(this.prefersLight.matches);

  /** What "auto" comes to. */
  shown: Exclude<Theme, 'auto'> = $derived(
    this.theme !== 'auto' ? this.theme : this.systemIsLight ? 'light' : 'dark',
  );

  constructor() {
    this.prefersLight.addEventListener('change', (event) => (this.systemIsLight = event.matches));
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    try {
      localStorage.setItem(kKey, JSON.stringify({ theme }));
    } catch {
      // It holds until the page is closed.
    }
  }
}

export const preferences = new Preferences();
