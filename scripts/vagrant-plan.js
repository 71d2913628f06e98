// node scripts/vagrant-plan.js LAB: prints the virtual machines of a lab as JSON, for the Vagrantfile.
import { setUp } from './setup.js';

await setUp();
const { loadPlan, machines } = await import('../dist/exports.js');
try {
  console.log(JSON.stringify({ machines: machines(await loadPlan(process.argv[2])) }));
} catch (error) {
  console.error(error.message);
  process.exitCode = 64;
}
