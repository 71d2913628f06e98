import type { Runtime } from '../runtime/index.ts';
import type { StartNodes } from '../workshop/stood.ts';

/** Labs that end together. */
export interface Labs extends AsyncDisposable {
  start: StartNodes;
}

/** Starts labs, and keeps track of them: those included that are being started when all are to end. */
export function labs(start: StartNodes): Labs {
  const all = new Set<Promise<Runtime>>();
  let isOver = false;
  return {
    async start(plan) {
      if (isOver) throw new Error('the class is over');
      const one = start(plan);
      all.add(one);
      try {
        const runtime = await one;
        const end = runtime[Symbol.asyncDispose];
        return {
          ...runtime,
          async [Symbol.asyncDispose]() {
            all.delete(one);
            await end.call(runtime);
          },
        };
      } catch (error) {
        all.delete(one);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      const ends = [...all].map(async (one) => (await one)[Symbol.asyncDispose]());
      await Promise.allSettled(ends);
    },
  };
}
