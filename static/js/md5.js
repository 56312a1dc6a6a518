// MD5 (RFC 1321), because WebCrypto has none and the store checks each part by it. Piece by piece: a part is never
// in memory as a whole.
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const BLOCK = 64;

export class Md5 {
  #state = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476);
  #length = 0;

  // `piece` is a whole number of blocks of 64 bytes.
  add(piece) {
    blocks(this.#state, piece);
    this.#length += piece.length;
  }

  // `piece` is the last one, of any length; returns the digest.
  end(piece) {
    const whole = piece.length - (piece.length % BLOCK);
    this.add(piece.subarray(0, whole));
    const length = this.#length + (piece.length - whole);
    const rest = new Uint8Array(piece.length % BLOCK < BLOCK - 8 ? BLOCK : 2 * BLOCK);
    rest.set(piece.subarray(whole));
    rest[piece.length - whole] = 0x80;
    const tail = new DataView(rest.buffer, rest.length - 8);
    tail.setUint32(0, (length * 8) >>> 0, true);
    tail.setUint32(4, Math.floor(length / 2 ** 29), true);
    blocks(this.#state, rest);
    return new Uint8Array(this.#state.buffer);
  }
}

// Words are read in the machine's own order, which is MD5's on everything that runs a browser.
function blocks(state, bytes) {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
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
