// A client of the gateway, in a page of a browser and in node alike: sends mixed messages, and checks every echo.
// exchange(WebSocket, url, count) resolves to {extensions, messages} or rejects with what was wrong.
"use strict";

const SIZES = [0, 1, 10, 63, 64, 65, 125, 126, 127, 1000, 4096, 16384, 65535, 65536, 70000];

// A small generator of our own, so that a failure can be repeated.
function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function message(at, roll) {
  const size = roll(10) < 3 ? SIZES[roll(SIZES.length)] : roll(300);
  if (roll(2) === 0) {
    return `{"id": ${at}, "name": "Grüße aus 世界"}\n`.repeat(size / 30 + 1).slice(0, size);
  }
  const bytes = new Uint8Array(size);
  if (roll(2) === 0) {
    bytes.forEach((_, index) => (bytes[index] = roll(256)));
  }
  return bytes;
}

function same(sent, got) {
  if (typeof sent === "string" || typeof got === "string") {
    return sent === got;
  }
  const bytes = new Uint8Array(got);
  return bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index]);
}

function exchange(Socket, url, count) {
  return new Promise((resolve, reject) => {
    const roll = dice(7692), waiting = [], socket = new Socket(url);
    let sent = 0, received = 0;
    const send = () => {
      while (sent < count && waiting.length < 8) {
        waiting.push(message(sent++, roll));
        socket.send(waiting[waiting.length - 1]);
      }
    };
    socket.binaryType = "arraybuffer";
    socket.onopen = send;
    socket.onerror = () => reject(new Error(`error behind ${received} messages`));
    socket.onclose = (event) => reject(new Error(`Close ${event.code} behind ${received} messages`));
    socket.onmessage = (event) => {
      if (!same(waiting.shift(), event.data)) {
        reject(new Error(`message ${received} came back changed`));
      } else if (++received === count) {
        socket.onclose = () => resolve({ extensions: socket.extensions, messages: received });
        socket.close(1000);
      } else {
        send();
      }
    };
  });
}

if (typeof module !== "undefined") {
  const url = process.argv[2], count = Number(process.argv[3]);
  exchange(require("ws"), url, count)
    .then((result) => console.log(JSON.stringify(result)))
    .catch((error) => { console.error(error.message); process.exit(1); });
}
