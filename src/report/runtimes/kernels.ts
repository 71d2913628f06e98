import type { Run } from '../../compare/compare.ts';

/** The releases of the kernels that runtimes had, where these are kernels of their own, by runtime. */
export function kernelsOf(runs: Run[]): { runtime: string; release: string }[] {
  const found = new Map<string, Set<string>>();
  for (const { runtime, kernel } of runs) if (kernel) found.set(runtime, (found.get(runtime) ?? new Set()).add(kernel));
  return [...found].map(([runtime, releases]) => ({ runtime, release: [...releases].join(', ') }));
}
