import { useEffect, useReducer, useRef } from 'preact/hooks';

/** Ages and countdowns move without being told. */
const TICK_MS = 200;

/** Draws the page anew when asked: once a frame, however often that is. */
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
