const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Until it is disposed of, Ctrl-C and its like first clean up and then end this process, with a shell's exit code. */
export function onInterrupt(cleanUp: () => PromiseLike<void>): Disposable {
  const handlers = Object.entries(numbers).map(([signal, number]) => {
    const handler = () => {
      process.stderr.write(`\n${signal}: taking down …\n`);
      void Promise.resolve(cleanUp()).finally(() => process.exit(128 + number));
    };
    process.once(signal, handler);
    return () => process.off(signal, handler);
  });
  return { [Symbol.dispose]: () => handlers.forEach((off) => void off()) };
}
