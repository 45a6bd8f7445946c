// A screen on a wall stays on, shows no pointer, and comes back by itself.

const kHide_ms = 3000;
const kLook_ms = 60_000;
/** The page keeps trying by itself; one that has not succeeded for so long may be at fault. */
const kGiveUp_ms = 300_000;

/** Keeps the screen on, and hides the pointer while it rests. Returns how to end it. */
export function stayAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let hasEnded = false;
  const ask = async () => {
    // Browsers take the lock away while the page is not in sight.
    if (document.visibilityState !== 'visible') return;
    try {
      const given = await navigator.wakeLock?.request('screen');
      if (hasEnded) void given?.release();
      else lock = given;
    } catch {
      // Not here, or not now: the screen's own settings have to do.
    }
  };
  const { style } = document.documentElement;
  let timer: ReturnType<typeof setTimeout>;
  const onMove = () => {
    style.cursor = '';
    clearTimeout(timer);
    timer = setTimeout(() => (style.cursor = 'none'), kHide_ms);
  };
  onMove();
  void ask();
  document.addEventListener('visibilitychange', ask);
  document.addEventListener('pointermove', onMove);
  return () => {
    hasEnded = true;
    document.removeEventListener('visibilitychange', ask);
    document.removeEventListener('pointermove', onMove);
    clearTimeout(timer);
    style.cursor = '';
    void lock?.release();
  };
}

/** Loads the page anew where its data stays old although the server is there. */
export function recover(isOld: () => boolean): () => void {
  let since = 0;
  const timer = setInterval(async () => {
    if (!isOld()) since = 0;
    else since ||= Date.now();
    if (since === 0 || Date.now() - since < kGiveUp_ms) return;
    try {
      const answer = await fetch('/-/ready');
      if (answer.ok) location.reload();
    } catch {
      // It is the server that is away; a page that stays is better than none.
    }
  }, kLook_ms);
  return () => clearInterval(timer);
}
