/** Something to be done that keeps some cores busy. */
export interface Task {
  /** Tasks of a kind use what the first of them prepares; one without a kind needs nothing prepared. */
  kind?: string | undefined;
  cores: number;
}

/** Does tasks in their order, as many at once as some cores bear; the first of a kind ends before its next begins. */
export async function inTurn<T extends Task>(
  tasks: T[],
  cores: number,
  work: (task: T) => Promise<void>,
): Promise<void> {
  const waiting = [...tasks];
  const running = new Map<T, Promise<void>>();
  const prepared = new Set<string>();
  const fits = ({ kind, cores: more }: T) => {
    const others = [...running.keys()];
    const busy = others.reduce((sum, each) => sum + each.cores, 0);
    const isPrepared = !kind || prepared.has(kind) || others.every((each) => each.kind !== kind);
    return !others.length || (busy + more <= cores && isPrepared);
  };
  while (waiting.length || running.size) {
    const next = waiting.findIndex(fits);
    if (next < 0) await Promise.race(running.values());
    else {
      const [task] = waiting.splice(next, 1) as [T];
      running.set(
        task,
        work(task).finally(() => {
          running.delete(task);
          if (task.kind) prepared.add(task.kind);
        }),
      );
    }
  }
}
