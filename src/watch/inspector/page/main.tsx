import { render } from 'preact';
import type { DrawnMachine } from '../machines.ts';
import { App } from './app.tsx';

const response = await fetch('charts');
// Ours: written by the server of this page.
const charts = (await response.json()) as readonly DrawnMachine[];
const place = document.getElementById('app');
if (place !== null) render(<App charts={charts} />, place);
