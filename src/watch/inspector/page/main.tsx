import { render } from 'preact';
import type { DrawnMachine } from '../machines.ts';
import { App } from './app.tsx';

const response = await fetch('charts');
// Trusted: the server of this page writes the charts.
const charts = (await response.json()) as readonly DrawnMachine[];
render(<App charts={charts} />, document.getElementById('app')!);
