// Work on many nodes is cut into pieces, so that the page stays alive between them.

const kSlice_ms = 40;
let began = 0;

/** Lets the page draw and answer, where the work has taken a while since it last did. */
export async function pause(): Promise<void> {
  const now = performance.now();
  if (now - began < kSlice_ms) return;
  await new Promise<void>((resolve) => setTimeout(resolve));
  began = performance.now();
}
