// The page's controls, and the code that they change.

import { combine, normalDraws, sphericalInterpolation } from "./codes.js";
import { rungs } from "./interventions.js";
import { loadNetworks } from "./networks.js";
import { pixelsOf, show, showErrors } from "./pictures.js";

const $ = (id) => document.getElementById(id);
const say = (text) => { $("status").textContent = text; };

say("Loading …");
try {
  const facts = await (await fetch("explorer.json")).json();
  await start(facts, await loadNetworks(facts));
} catch (error) {
  say(`The page cannot be loaded: ${error.message}`);
}

async function start(facts, networks) {
  const shape = facts.image_shape;
  const decode = (codes) => networks.decode(codes, Number($("label").value));
  // The current code is `base`, moved along the directions.
  const state = { base: facts.samples[0], steps: facts.directions.map(() => 0), seed: 1, sample: 0 };
  const ends = { start: facts.samples[0], end: facts.samples[1] };

  const code = () =>
    combine(
      [state.base, ...facts.directions.map((each) => each.vector)],
      [1, ...facts.directions.map((each, i) => state.steps[i] * each.deviation)],
    );

  // While the networks compute, only the latest request is remembered.
  let isDrawing = false;
  let isStale = false;
  async function draw() {
    if (isDrawing) {
      isStale = true;
      return;
    }
    isDrawing = true;
    try {
      do {
        isStale = false;
        const chain = rungs(facts.intervention, code(), normalDraws(state.seed), facts.companions);
        const images = await decode(chain);
        show($("image"), images[0], shape);
        show($("walk-image"), images[0], shape);
        show($("directions-image"), images[0], shape);
        images.forEach((pixels, k) => show($(`rung-${k}`), pixels, shape));
      } while (isStale);
    } finally {
      isDrawing = false;
    }
  }

  function setBase(base, byWalk = false) {
    if (!byWalk) stopPlaying();
    state.base = base;
    resetDirections();
  }

  function resetDirections() {
    state.steps.fill(0);
    facts.directions.forEach((_, i) => {
      $(`direction-${i}`).value = 0;
      $(`direction-${i}-value`).textContent = "0.0";
    });
    draw();
  }

  async function setEnd(name, z) {
    ends[name] = z;
    const [pixels] = await decode([z]);
    show($(name), pixels, shape);
  }

  let numOpened = 0;
  async function open(source) {
    const number = ++numOpened;
    let pixels;
    try {
      pixels = await pixelsOf(source, shape, facts);
    } catch {
      say("This file is not a picture that the browser can read.");
      return;
    }
    const z = await networks.encode(pixels);
    if (number !== numOpened) return;  // Another picture was opened meanwhile.
    opened = { pixels, z };
    await reconstruct();
    setBase(z);
  }

  // The open picture, which is reconstructed with the label of the page.
  let opened = null;
  async function reconstruct() {
    if (opened === null) return;
    const { pixels, z } = opened;
    const [reconstruction] = await decode([z]);
    if (opened.pixels !== pixels) return;
    $("picture-section").hidden = false;
    show($("original"), pixels, shape);
    show($("reconstruction"), reconstruction, shape);
    $("largest").textContent = showErrors($("errors"), pixels, reconstruction, shape).toFixed(2);
    const sse = pixels.reduce((sum, value, i) => sum + (value - reconstruction[i]) ** 2, 0);
    $("sse").textContent = sse.toFixed(2);
    say(`Picture encoded, sum of squared errors ${sse.toFixed(2)}.`);
  }

  const drawEnds = () => Promise.all(["start", "end"].map((name) => setEnd(name, ends[name])));

  function walk() {
    setBase(sphericalInterpolation(ends.start, ends.end, Number($("walk").value)), true);
  }

  let direction = 1;
  let timer = null;
  function stopPlaying() {
    clearInterval(timer);
    timer = null;
    $("play").textContent = "Play";
  }

  function play() {
    if (timer !== null) {
      stopPlaying();
      return;
    }
    $("play").textContent = "Pause";
    timer = setInterval(() => {
      const place = Number($("walk").value) + 0.02 * direction;
      if (place >= 1 || place <= 0) direction = -direction;
      $("walk").value = place;
      walk();
    }, 60);
  }

  document.title = $("title").textContent = `${facts.method} on ${facts.data}: latent explorer`;
  makeDirections(facts, (i, value) => {
    stopPlaying();
    state.steps[i] = value;
    draw();
  });
  makeLabels(facts);
  $("label").onchange = async () => {
    await Promise.all([drawEnds(), reconstruct()]);
    await draw();
  };
  makeExamples(facts, open);
  makeRungs(facts);
  $("new-image").onclick = () => {
    state.sample = (state.sample + 1) % facts.samples.length;
    setBase(facts.samples[state.sample]);
  };
  $("mean").onclick = () => setBase(facts.mean);
  $("reset").onclick = resetDirections;
  $("picture").onchange = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";  // so that the same file can be opened again
    if (file) await open(file);
  };
  $("set-start").onclick = () => setEnd("start", code());
  $("set-end").onclick = () => setEnd("end", code());
  $("walk").oninput = walk;
  $("play").onclick = play;
  $("new-noise").onclick = () => {
    state.seed++;
    draw();
  };
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = async (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) await open(file);
  };

  $("main").hidden = false;
  await drawEnds();
  await draw();
  say("Ready. Everything is computed in this browser; your pictures are not uploaded.");
}

function makeDirections(facts, onStep) {
  facts.directions.forEach((each, i) => {
    const row = document.createElement("div");
    row.className = "direction";
    const label = document.createElement("label");
    label.htmlFor = `direction-${i}`;
    label.textContent = `${i + 1}: ${(100 * each.share).toFixed(1)} % of the variance`;
    const output = document.createElement("span");
    output.id = `direction-${i}-value`;
    output.textContent = "0.0";
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", id: `direction-${i}`, min: -3, max: 3, step: 0.1, value: 0 });
    slider.oninput = () => {
      output.textContent = Number(slider.value).toFixed(1);
      onStep(i, Number(slider.value));
    };
    row.append(label, output, slider);
    $("directions").append(row);
  });
}

function makeLabels(facts) {
  facts.labels.forEach(({ number, name }) => $("label").add(new Option(name, number)));
  $("label-chooser").hidden = facts.labels.length === 0;
}

function makeExamples(facts, open) {
  facts.example_labels.forEach((number, i) => {
    const button = document.createElement("button");
    button.type = "button";
    const image = document.createElement("img");
    Object.assign(image, { src: `example_${i}.png`, alt: `Held-out image ${i + 1}` });
    button.append(image);
    button.onclick = async () => {
      if (facts.labels.length && $("label").value !== String(number)) {
        $("label").value = number;
        await $("label").onchange();
      }
      await open(await (await fetch(image.src)).blob());
    };
    $("examples").append(button);
  });
  $("examples").hidden = facts.example_labels.length === 0;
}

function makeRungs(facts) {
  const { name, num_bridges: t } = facts.intervention;
  $("bridge-text").textContent =
    `T_0 is the code of the image above, T_${t} is new noise from N(0, I), which does ` +
    `not depend on it; interventions: ${name}.` +
    (name === "svgd" ? ` They act on a batch: this code and ${facts.companions.length} codes of new images.` : "");
  for (let k = 0; k <= t; k++) {
    const figure = document.createElement("figure");
    const canvas = document.createElement("canvas");
    canvas.id = `rung-${k}`;
    const caption = document.createElement("figcaption");
    caption.textContent = `T_${k}`;
    figure.append(canvas, caption);
    $("rungs").append(figure);
  }
}
