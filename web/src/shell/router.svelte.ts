// Where in the page one is: the address bar. Every view is a link; none holds a secret, but for
// the invitation's, which stands behind "#", is never sent, and is taken away when it is read.

export interface Place {
  path: string[]; // decoded: /nodes/node017 is ["nodes", "node017"]
  query: Record<string, string>;
}

function read(): Place {
  const path = location.pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return { path, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

const kHeadingFrames = 180; // a view may have to be loaded first

function focusHeading(frames: number): void {
  const heading = document.querySelector<HTMLElement>('main h1');
  // Whoever has gone on meanwhile stays where he is.
  const isFirst = frames === kHeadingFrames;
  if (heading && (isFirst || !document.activeElement?.closest('main, dialog'))) heading.focus();
  if (!heading && frames > 0) requestAnimationFrame(() => focusHeading(frames - 1));
}

class Router {
  place = $state.raw<Place>(read());

  constructor() {
    window.addEventListener('popstate', () => (this.place = read()));
    document.addEventListener('click', this.onClick);
  }

  go(to: string, { replace = false } = {}): void {
    if (to === location.pathname + location.search) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', to);
    const moved = read();
    const isElsewhere = moved.path.join('/') !== this.place.path.join('/');
    this.place = moved;
    if (isElsewhere) {
      window.scrollTo(0, 0);
      // For who hears the page: a new view begins at its heading.
      requestAnimationFrame(() => focusHeading(kHeadingFrames));
    }
  }

  /** Changes some fields of the query; empty ones go. Replaces the entry of the history. */
  set(fields: Record<string, string | undefined>): void {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(fields)) {
      if (value) query.set(key, value);
      else query.delete(key);
    }
    const text = query.toString();
    this.go(location.pathname + (text ? `?${text}` : ''), { replace: true });
  }

  /** Links within the page need no request. */
  private readonly onClick = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
    // To another part of what is shown, the browser goes by itself.
    const isHere = link.pathname === location.pathname && link.search === location.search;
    if (link.hash && isHere) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  };
}

export const router = new Router();

/** "/nodes/n%2F1?tab=ports" */
export function link(path: string[], query: Record<string, string | undefined> = {}): string {
  const fields = Object.entries(query).filter((field): field is [string, string] => !!field[1]);
  const text = new URLSearchParams(fields).toString();
  return '/' + path.map(encodeURIComponent).join('/') + (text ? `?${text}` : '');
}

export const nodeLink = (name: string) => link(['nodes', name]);
export const alertLink = (id: string) => link(['alerts', id]);
/** The wall with some nodes selected. */
export const wallLink = (nodes: string) => link([], { select: nodes });
