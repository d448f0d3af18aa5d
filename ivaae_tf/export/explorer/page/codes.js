// Arithmetic on codes, which are arrays of d numbers.

export const combine = (codes, weights) =>
  codes[0].map((_, i) => codes.reduce((sum, code, k) => sum + weights[k] * code[i], 0));

export const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

// The point at `weight` in [0, 1] on the great arc between two codes (Shoemake, 1985).
export function sphericalInterpolation(start, end, weight) {
  const norms = Math.sqrt(dot(start, start) * dot(end, end));
  const cosine = norms > 0 ? dot(start, end) / norms : 1;
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  // For equal or opposite directions the arc is not defined: take the straight line.
  if (sine < 1e-4) return combine([start, end], [1 - weight, weight]);
  const weights = [Math.sin((1 - weight) * angle) / sine, Math.sin(weight * angle) / sine];
  return combine([start, end], weights);
}

// Returns a function that samples N(0, 1); equal seeds give equal samples.
export function normalDraws(seed) {
  let state = seed >>> 0;
  const uniform = () => {  // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
