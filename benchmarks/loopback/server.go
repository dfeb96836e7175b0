package loopback

import (
	"net"
	"net/http"
)

// Serve serves handler until stop is called, which closes its connections.
func Serve(handler http.Handler) (addr string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // it ends with ErrServerClosed
	}()
	return listener.Addr().String(), func() {
		_ = server.Close() // nothing is left to lose
		<-served
	}, nil
}
