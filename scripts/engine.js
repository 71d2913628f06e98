// node scripts/engine.js: a container engine in the foreground, for a machine where none runs. Interrupt it to end it.
import { startEngine, whyNot } from './engine-in-namespace.js';

const refusal = whyNot();
if (refusal) {
  console.error(refusal);
  process.exit(2);
}

try {
  const engine = await startEngine();
  console.log(`export DOCKER_HOST=${engine.host}`);
  console.error('Type that line in another terminal. The engine runs until it is interrupted here.');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => engine.stop());
  const alive = setInterval(() => {}, 1 << 30);
  await engine.ended;
  clearInterval(alive);
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
