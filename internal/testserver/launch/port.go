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

// Port is a TCP port of 127.0.0.1 on which nobody listened when it was reserved,
// and which no other Reserve returns, in this process or another, before its
// release. It stays reserved while its server is down.
type Port struct {
	number int

	// mark is the UDP port of the same number, which none of our servers uses:
	// whoever holds it has the TCP port. It ends with this process.
	mark net.PacketConn
}

// Reserve returns a port that is free.
func Reserve() (*Port, error) {
	for range 100 {
		port, err := reserve(lowestPort + rand.IntN(portsEnd-lowestPort))
		if err == nil {
			return port, nil
		}
	}
	return nil, errors.New("no free port on " + loopback)
}

func reserve(number int) (*Port, error) {
	mark, err := net.ListenPacket("udp", address(number))
	if err != nil {
		return nil, err
	}
	port := &Port{number: number, mark: mark}
	listener, err := net.Listen("tcp", port.Addr())
	if err == nil {
		err = listener.Close()
	}
	if err != nil {
		port.Release()
		return nil, err
	}
	return port, nil
}

// Release lets others have the port. It may be called more than once.
func (p *Port) Release() { _ = p.mark.Close() } // fails only if it is closed

// Number returns the number of the port.
func (p *Port) Number() int { return p.number }

// Addr returns 127.0.0.1 with the port.
func (p *Port) Addr() string { return address(p.number) }

// String returns the number in digits, as arguments of programs have it.
func (p *Port) String() string { return strconv.Itoa(p.number) }

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
