import { useEffect, useReducer, useRef } from 'preact/hooks';

/** How often the page is drawn without news: ages and countdowns move by themselves. */
const TICK_MS = 200;

/** Returns a function that draws the page anew: once a frame, however often it is called. */
export function useFrames(): () => void {
  const [, bump] = useReducer<number, undefined>((count) => count + 1, 0);
  const frame = useRef(0);
  const draw = useRef(() => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      bump(undefined);
    });
  });
  useEffect(() => {
    const timer = setInterval(draw.current, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return draw.current;
}
