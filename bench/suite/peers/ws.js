// An echo with npm's ws: node ws.js MODULE PORT plain|deflate
const { WebSocketServer } = require(process.argv[2]);
const deflate = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0, zlibDeflateOptions: { level: 1 } };
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[3]),
  backlog: 4096,
  perMessageDeflate: process.argv[4] === 'deflate' ? deflate : false,
});
server.on('connection', (socket) => {
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
  socket.on('error', () => socket.terminate());
});
