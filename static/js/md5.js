// MD5 (RFC 1321) of a Uint8Array, because WebCrypto has none and the store checks each part by it.
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

export function md5(bytes) {
  const state = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476);
  const whole = bytes.length - (bytes.length % 64);
  blocks(state, bytes.slice(0, whole));

  const rest = new Uint8Array(bytes.length % 64 < 56 ? 64 : 128);
  rest.set(bytes.subarray(whole));
  rest[bytes.length - whole] = 0x80;
  const length = new DataView(rest.buffer, rest.length - 8);
  length.setUint32(0, (bytes.length * 8) >>> 0, true);
  length.setUint32(4, Math.floor(bytes.length / 2 ** 29), true);
  blocks(state, rest);

  return new Uint8Array(state.buffer);
}

// Words are read in the machine's own order, which is MD5's on everything that runs a browser.
function blocks(state, bytes) {
  const words = new Int32Array(bytes.buffer);
  for (let at = 0; at < words.length; at += 16) {
    let a = state[0], b = state[1], c = state[2], d = state[3], sum = 0, shift = 0;
    for (let i = 0; i < 16; i += 1) {
      sum = (a + ((b & c) | (~b & d)) + SINES[i] + words[at + i]) | 0;
      shift = SHIFTS[i & 3];
      a = d; d = c; c = b; b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    for (let i = 16; i < 32; i += 1) {
      sum = (a + ((d & b) | (~d & c)) + SINES[i] + words[at + ((5 * i + 1) & 15)]) | 0;
      shift = SHIFTS[4 | (i & 3)];
      a = d; d = c; c = b; b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    for (let i = 32; i < 48; i += 1) {
      sum = (a + (b ^ c ^ d) + SINES[i] + words[at + ((3 * i + 5) & 15)]) | 0;
      shift = SHIFTS[8 | (i & 3)];
      a = d; d = c; c = b; b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    for (let i = 48; i < 64; i += 1) {
      sum = (a + (c ^ (b | ~d)) + SINES[i] + words[at + ((7 * i) & 15)]) | 0;
      shift = SHIFTS[12 | (i & 3)];
      a = d; d = c; c = b; b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  }
}

export const hex = (digest) => Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const base64 = (digest) => btoa(String.fromCharCode(...digest));
