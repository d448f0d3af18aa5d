// Shows pixels in [−1, 1] on canvases, and converts pictures to pixels.

// Shows the pixels of an image (h·w·c) on a canvas.
export function show(canvas, pixels, [height, width, channels]) {
  const bytes = new Uint8ClampedArray(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      bytes[4 * i + c] = 127.5 * (pixels[channels * i + Math.min(c, channels - 1)] + 1);
    }
    bytes[4 * i + 3] = 255;
  }
  put(canvas, bytes, width, height);
}

// Shows the mean absolute error over the channels; returns the largest.
export function showErrors(canvas, pixels, others, [height, width, channels]) {
  const errors = new Float32Array(height * width);
  pixels.forEach((value, i) => {
    errors[Math.floor(i / channels)] += Math.abs(value - others[i]) / channels;
  });
  const largest = errors.reduce((a, b) => Math.max(a, b), 0);
  const bytes = new Uint8ClampedArray(4 * height * width);
  errors.forEach((error, i) => bytes.set([...color(largest && error / largest), 255], 4 * i));
  put(canvas, bytes, width, height);
  return largest;
}

// The pixels of a picture over white, cut or padded to the ratio and resized as the run's images
// were. The browser's resize filter differs slightly from the filter of the training.
export async function pixelsOf(source, [height, width, channels], { fit, crop }) {
  const bitmap = await createImageBitmap(source);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "black";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  const { width: w, height: h } = bitmap;
  if (fit === "pad") {
    const scale = Math.min(width / w, height / h);
    const [x, y] = [(width - w * scale) / 2, (height - h * scale) / 2];
    context.fillStyle = "white";
    context.fillRect(x, y, w * scale, h * scale);
    context.drawImage(bitmap, x, y, w * scale, h * scale);
  } else {
    const scale = Math.min(w / width, h / height, (crop ?? Infinity) / Math.max(width, height));
    const cut = [Math.round(width * scale), Math.round(height * scale)];
    const [cutWidth, cutHeight] = fit === "stretch" ? [w, h] : cut;
    const [x, y] = [Math.floor((w - cutWidth) / 2), Math.floor((h - cutHeight) / 2)];
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, x, y, cutWidth, cutHeight, 0, 0, width, height);
  }
  const bytes = context.getImageData(0, 0, width, height).data;
  return Float32Array.from({ length: height * width * channels }, (_, i) => {
    const [place, c] = [4 * Math.floor(i / channels), i % channels];
    return level(bytes, place, channels, c) / 127.5 - 1;
  });
}

// One channel is the luma of the three (ITU-R BT.601).
function level(bytes, place, channels, c) {
  if (channels === 3) return bytes[place + c];
  return Math.round(0.299 * bytes[place] + 0.587 * bytes[place + 1] + 0.114 * bytes[place + 2]);
}

function put(canvas, bytes, width, height) {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
}

// From dark violet over red to light yellow.
const STOPS = [[0, 0, 4], [81, 18, 124], [183, 55, 121], [252, 137, 97], [252, 253, 191]];

function color(share) {
  const place = share * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  return STOPS[below].map((value, c) => value + (place - below) * (STOPS[below + 1][c] - value));
}
