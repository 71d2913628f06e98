import type { Event } from '../prove/events.ts';

/** The events of a run, told to whoever asks, each from the first on; iterating ends once the run has. */
export interface EventStream {
  emit(event: Event): void;
  end(): void;
  all: readonly Event[];
  [Symbol.asyncIterator](): AsyncGenerator<Event, void>;
}

export function eventStream(tell?: (event: Event) => void): EventStream {
  const all: Event[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const wake = () => {
    for (const each of waiting) each();
    waiting.clear();
  };
  return {
    all,
    emit(event) {
      all.push(event);
      tell?.(event);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ; next++) {
        while (next === all.length && !ended) await new Promise<void>((resolve) => waiting.add(resolve));
        const event = all[next];
        if (!event) return;
        yield event;
      }
    },
  };
}
