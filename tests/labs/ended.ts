/**
 * Ends daemons of a lab by the files that name their processes, and waits until they have ended: `kill` itself does not. Busybox, which
 * machines have, has a `tail` without `--pid`, so that the shell asks.
 */
export const ended = (...daemons: string[]): string =>
  daemons
    .map((name) => `pid=$(cat /run/${name}.pid)\nkill $pid\nwhile kill -0 $pid 2>/dev/null; do sleep 0.02; done`)
    .join('\n');
