// The rungs T_0(z), …, T_t(z) of a code, as in the package ivaae_tf.layers.interventions.

import { combine, dot } from "./codes.js";

// `normal` samples N(0, 1); `companions` are the other codes of a batch.
export function rungs(intervention, code, normal, companions) {
  const noise = () => code.map(normal);
  return [code, ...BRIDGES[intervention.name](intervention, code, noise, companions)];
}

const BRIDGES = { blockwise, radial, svgd };

function blockwise({ num_bridges: t }, code, noise) {
  const blockSize = code.length / t;
  return from1To(t).map((k) => {
    const n = noise();
    return code.map((value, i) => (i < k * blockSize ? n[i] : value));
  });
}

function radial({ num_bridges: t }, code, noise) {
  return from1To(t).map((k) => {
    const angle = (k * Math.PI) / (2 * t);
    return combine([code, noise()], [k === t ? 0 : Math.cos(angle), Math.sin(angle)]);
  });
}

// The code is the first particle of a batch.
function svgd(intervention, code, noise, companions) {
  let particles = [code, ...companions];
  const found = [];
  for (let rung = 1; rung < intervention.num_bridges; rung++) {
    for (let update = 0; update < intervention.updates_per_rung; update++) {
      particles = svgdUpdate(intervention, particles).map((z) =>
        combine([z, noise()], [1, intervention.noise_scale]),
      );
    }
    found.push(particles[0]);
  }
  return [...found, noise()];
}

// One update without noise (Liu and Wang, 2016, equation 8).
export function svgdUpdate({ bandwidth_scale: scale, step_size: step }, particles) {
  const m = particles.length;
  const squares = particles.map((a) => particles.map((b) => squaredDistance(a, b)));
  const distances = squares.flatMap((row, i) => row.slice(i + 1).map(Math.sqrt));
  const bandwidth = (scale * Math.max(median(distances), 1e-3) ** 2) / Math.log(m);
  return particles.map((z, i) => {
    const kernel = squares[i].map((square) => Math.exp(-square / bandwidth));
    const total = kernel.reduce((sum, k) => sum + k, 0);
    const mean = combine(particles, kernel);  // not divided by the total
    // Attraction to the prior's center, and repulsion from the other particles.
    return z.map(
      (value, j) => value + (step / m) * (-mean[j] + (2 / bandwidth) * (total * value - mean[j])),
    );
  });
}

const from1To = (t) => Array.from({ length: t }, (_, i) => i + 1);

function squaredDistance(a, b) {
  const difference = a.map((value, i) => value - b[i]);
  return dot(difference, difference);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
