import { render } from 'preact';
import { ClassApp } from '../class/class-app.tsx';
import { takeToken } from './connection.ts';
import { LiveApp } from './live-app.tsx';

const token = takeToken();
const app = document.getElementById('app')!;
const [App, link] =
  app.dataset.shown === 'class'
    ? [ClassApp, 'that you were given']
    : [LiveApp, 'that was printed where the lab was opened'];
app.textContent = '';
render(
  token ? (
    <App token={token} />
  ) : (
    <main>
      <h1>This page needs its link</h1>
      <p>
        Open the link {link}, with all that is behind the <code>#</code>: it proves that you are meant to be here.
      </p>
    </main>
  ),
  app,
);
document.documentElement.dataset.ready = 'true';
