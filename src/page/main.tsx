import { render } from 'preact';
import { App } from './app.tsx';
import type { PageData } from './data.ts';
import { inflated } from './inflated.ts';

const data = JSON.parse(await inflated('data')) as PageData;
render(<App data={data} />, document.getElementById('app')!);
document.documentElement.dataset.ready = 'true';
