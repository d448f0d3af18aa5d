// Encoder and decoder: ONNX models that run in the browser.

import * as ort from "./onnxruntime/ort.wasm.min.mjs";

// More threads would need a server that isolates the page from other pages.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./onnxruntime/", import.meta.url).href;

export async function loadNetworks(facts) {
  const [encoder, decoder] = await Promise.all(
    ["encoder.onnx", "decoder.onnx"].map((name) => ort.InferenceSession.create(name)),
  );
  const size = facts.image_shape.reduce((product, n) => product * n);
  // ONNX Runtime runs one call at a time.
  let last = Promise.resolve();
  const inTurn = (work) => (last = last.then(work, work));

  return {
    // Pixels in [−1, 1] of one picture (h·w·c) -> its code (d).
    encode: (pixels) => inTurn(async () => {
      const images = new ort.Tensor("float32", pixels, [1, ...facts.image_shape]);
      return Array.from((await encoder.run({ images })).z.data);
    }),
    // Codes, arrays of d numbers, and the number of their label -> pixels in [−1, 1] of each.
    decode: (codes, number) => inTurn(async () => {
      const inputs = { z: new ort.Tensor("float32", codes.flat(), [codes.length, facts.latent_dim]) };
      if (facts.labels.length) {
        inputs.label = new ort.Tensor("int64", codes.map(() => BigInt(number)), [codes.length]);
      }
      const pixels = (await decoder.run(inputs)).images.data;
      return codes.map((_, i) => pixels.slice(i * size, (i + 1) * size));
    }),
  };
}
