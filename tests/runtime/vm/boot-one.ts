// Boots a machine and says so: to be run as a process of its own. Words: the image as JSON, the folder of the machine.
import { boot } from '../../../src/runtime/vm/qemu.ts';

const [image, folder] = process.argv.slice(2) as [string, string];
const [booted] = await boot(JSON.parse(image), [{ name: 'one', nics: [] }], { folder, say: () => {} });
process.stdout.write(JSON.stringify(booted));
