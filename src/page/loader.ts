import { inflated } from './inflated.ts';

// The page's script is compressed, as its data are; the policy of the page knows it by its digest.
const script = document.createElement('script');
script.type = 'module';
script.textContent = await inflated('script');
document.head.append(script);
