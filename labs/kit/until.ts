/** Waits until something holds, so many seconds at most; looks again after a pause of so many. */
export const until = (holds: string, seconds = 30, pause = 0.02) =>
  `tries=${Math.round(seconds / pause)}; until ${holds}; do tries=$((tries - 1)); test $tries -gt 0 && sleep ${pause} || exit 1; done`;

/** Waits until something holds that takes no more than some milliseconds, as a rule. */
export const soon = (holds: string, seconds = 30) => until(holds, seconds, 0.01);

/** The same where so many wait at once: their looks alone, more than 400 a second, would keep busy whoever they wait for. */
export const soonAmong = (waiting: number) => (holds: string) => until(holds, 30, Math.max(0.01, waiting / 400));

/** Succeeds once something holds, and fails where it does not within so many seconds of the clock, however long a try takes. */
export const within = (holds: string, seconds: number) =>
  `(late=$(($(date +%s) + ${seconds})); until ${holds}; do test $(date +%s) -lt $late && sleep 0.02 || exit 1; done)`;
