/** Waits until something holds, so many seconds at most. */
export const until = (holds: string, seconds = 30) =>
  `tries=${50 * seconds}; until ${holds}; do tries=$((tries - 1)); test $tries -gt 0 && sleep 0.02 || exit 1; done`;

/** Succeeds once something holds, and fails where it does not within so many seconds of the clock, however long a try takes. */
export const within = (holds: string, seconds: number) =>
  `(late=$(($(date +%s) + ${seconds})); until ${holds}; do test $(date +%s) -lt $late && sleep 0.02 || exit 1; done)`;
