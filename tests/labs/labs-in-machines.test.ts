import { byKernel, labsPass, some } from './labs-pass.ts';

labsPass((await byKernel()).inMachines, some);
