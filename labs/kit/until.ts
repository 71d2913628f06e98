/** Waits until something holds, so many seconds at most. */
export const until = (holds: string, seconds = 30) =>
  `tries=${50 * seconds}; until ${holds}; do tries=$((tries - 1)); test $tries -gt 0 && sleep 0.02 || exit 1; done`;
