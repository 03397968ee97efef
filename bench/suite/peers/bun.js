// An echo with Bun's own server: bun bun.js PORT plain|deflate
const compress = process.argv[3] === 'deflate';
Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('WebSocket only', { status: 426 })),
  websocket: {
    maxPayloadLength: 16 * 1024 * 1024,
    backpressureLimit: 256 * 1024 * 1024,
    idleTimeout: 0,
    perMessageDeflate: compress ? { compress: 'shared', decompress: 'shared' } : false,
    message: (socket, message) => socket.send(message, compress),
  },
});
