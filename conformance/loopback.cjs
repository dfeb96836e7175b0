// The origin server of the suite would listen on every interface of the
// machine. What it serves is for our proxy alone.
const { Server } = require('node:net')

const listen = Server.prototype.listen
Server.prototype.listen = function (port) {
  return listen.call(this, { port: Number(port), host: '127.0.0.1' })
}
