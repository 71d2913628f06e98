import type { Limits } from './limits.ts';

/** What a terminal prints, for all that show it. */
export interface Spread<Viewer> {
  said(bytes: Buffer): void;
  /** Shows what was printed last, and then all that is printed. */
  show(viewer: Viewer): void;
  hide(viewer: Viewer): void;
  /** A viewer has shown so many more bytes. */
  acked(viewer: Viewer, bytes: number): void;
  /** What was printed last. */
  kept(): Buffer;
}

/** Spreads what a terminal prints; it is held while the slowest viewer has too much to show. */
export function spread<Viewer>(
  limits: Pick<Limits, 'keptBytes' | 'unackedBytes'>,
  tell: (viewer: Viewer, bytes: Buffer) => void,
  hold: (isHeld: boolean) => void,
): Spread<Viewer> {
  const unacked = new Map<Viewer, number>();
  let kept: Buffer = Buffer.alloc(0);
  let isHeld = false;
  const send = (viewer: Viewer, bytes: Buffer) => {
    unacked.set(viewer, (unacked.get(viewer) ?? 0) + bytes.length);
    tell(viewer, bytes);
  };
  const holdOrRelease = () => {
    const most = Math.max(0, ...unacked.values());
    const isTooMuch = most > (isHeld ? limits.unackedBytes / 2 : limits.unackedBytes);
    if (isTooMuch !== isHeld) hold(isTooMuch);
    isHeld = isTooMuch;
  };
  return {
    kept: () => kept,
    said(bytes) {
      kept = Buffer.concat([kept, bytes]).subarray(-limits.keptBytes);
      for (const viewer of unacked.keys()) send(viewer, bytes);
      holdOrRelease();
    },
    show(viewer) {
      unacked.set(viewer, 0);
      if (kept.length) send(viewer, kept);
    },
    hide(viewer) {
      unacked.delete(viewer);
      holdOrRelease();
    },
    acked(viewer, bytes) {
      const owed = unacked.get(viewer);
      if (owed === undefined) return;
      unacked.set(viewer, Math.max(0, owed - bytes));
      holdOrRelease();
    },
  };
}
