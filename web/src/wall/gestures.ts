// What hands do on the wall: with a mouse, with fingers, with a pen. In CSS pixels from its corner.

export interface Hands {
  /** Whether dragging selects instead of moving. */
  isSelecting(): boolean;
  onHover(x: number, y: number): void;
  onLeave(): void;
  onTap(x: number, y: number, adding: boolean): void;
  onOpen(x: number, y: number): void;
  onPan(dx: number, dy: number): void;
  onZoom(factor: number, x: number, y: number): void;
  onBox(x: number, y: number, toX: number, toY: number, isDone: boolean): void;
}

/** Less than this is a hand that shakes. */
const kSlack_px = 5;
const kWheel = 0.0018;
const kLine_px = 20; // wheels that count in lines

interface Point {
  x: number;
  y: number;
}

/** Returns how to end it. */
export function watchHands(element: HTMLElement, hands: Hands): () => void {
  const down = new Map<number, Point>();
  let start: Point | undefined;
  let isBox = false;
  let hasMoved = false;
  const at = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  /** What stands on the wall has hands' work of its own. */
  const isApart = (event: Event) => (event.target as Element).closest('[data-apart]') !== null;

  const onDown = (event: PointerEvent) => {
    if (event.button !== 0 || isApart(event)) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    if (down.size > 1) {
      hasMoved = true; // two fingers tap nothing
      isBox = false;
      return;
    }
    start = at(event);
    hasMoved = false;
    isBox = event.shiftKey || hands.isSelecting();
  };

  const onMove = (event: PointerEvent) => {
    const to = at(event);
    const from = down.get(event.pointerId);
    if (!from) {
      if (isApart(event)) hands.onLeave();
      else if (event.pointerType !== 'touch') hands.onHover(to.x, to.y);
      return;
    }
    if (down.size === 2) pinch(event.pointerId, from, to);
    if (down.size === 1 && start) {
      if (!hasMoved && Math.hypot(to.x - start.x, to.y - start.y) > kSlack_px) {
        hasMoved = true;
        hands.onLeave(); // whoever drags points at nothing
      }
      if (hasMoved && isBox) hands.onBox(start.x, start.y, to.x, to.y, false);
      if (hasMoved && !isBox) hands.onPan(to.x - from.x, to.y - from.y);
      if (!hasMoved) return; // what was within the slack counts when it is left
    }
    down.set(event.pointerId, to);
  };

  function pinch(id: number, from: Point, to: Point) {
    const other = [...down].find(([each]) => each !== id)![1];
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(to.x - other.x, to.y - other.y);
    const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
    if (before > 0) hands.onZoom(after / before, middle.x, middle.y);
    hands.onPan((to.x - from.x) / 2, (to.y - from.y) / 2);
  }

  const onUp = (event: PointerEvent) => {
    if (!down.delete(event.pointerId) || down.size > 0 || !start) return;
    const to = at(event);
    const isDone = event.type === 'pointerup';
    if (isDone && !hasMoved)
      hands.onTap(to.x, to.y, event.shiftKey || event.ctrlKey || event.metaKey);
    if (hasMoved && isBox) hands.onBox(start.x, start.y, to.x, to.y, isDone);
    start = undefined;
  };

  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { x, y } = at(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? kLine_px : 1;
    const step = Math.max(-400, Math.min(400, event.deltaY * unit));
    hands.onZoom(Math.exp(-step * kWheel), x, y);
  };

  const onDouble = (event: MouseEvent) => {
    if (isApart(event)) return;
    const { x, y } = at(event);
    hands.onOpen(x, y);
  };
  const onLeave = () => hands.onLeave();

  const ending = new AbortController();
  const { signal } = ending;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onUp, { signal });
  element.addEventListener('pointerleave', onLeave, { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  element.addEventListener('dblclick', onDouble, { signal });
  return () => ending.abort();
}
