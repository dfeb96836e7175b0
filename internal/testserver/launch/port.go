package launch

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// Systems take the ports of outgoing connections from 32768 or higher. Below
// it, no client can take a port between its choice and the server's start.
const (
	lowestPort = 10_000
	portsEnd   = 32_768
)

// FreePort returns a port of 127.0.0.1 that nobody listens on.
func FreePort() (int, error) {
	for range 100 {
		port := lowestPort + rand.IntN(portsEnd-lowestPort)
		listener, err := net.Listen("tcp", Address(port))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port on " + loopback)
}

// Address returns host:port for a port of 127.0.0.1.
func Address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
