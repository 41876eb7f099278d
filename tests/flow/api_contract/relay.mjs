// A port of the loopback interface in front of a unix socket: prism speaks to no socket itself.
// usage: node relay.mjs PORT SOCKET
import net from 'node:net'

const [port, socket] = process.argv.slice(2)
net.createServer(client => {
	const server = net.connect(socket)
	const end = () => { client.destroy(); server.destroy() }
	client.on('error', end).pipe(server)
	server.on('error', end).pipe(client)
}).listen(Number(port), '127.0.0.1')
