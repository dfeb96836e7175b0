package memcachestore

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultPort = "11211"
	defaultAddr = "127.0.0.1:" + defaultPort
)

// address is where a server listens. It implements net.Addr, with names left
// unresolved, so that each dial asks the resolver again.
type address struct{ network, text string }

func (a address) Network() string { return a.network }
func (a address) String() string  { return a.text }

// socketPath returns the path that unix:/path or unix:///path names, and anything else
// as it is.
func socketPath(s string) string {
	rest, ok := strings.CutPrefix(s, "unix:")
	if path := strings.TrimPrefix(rest, "//"); ok && strings.HasPrefix(path, "/") {
		return path
	}
	return s
}

// parseAddress reads host, host:port, an IPv6 address with or without brackets
// and port, or the path of a unix socket, before which there may be unix: or unix://.
func parseAddress(s string) (address, error) {
	s = socketPath(s)
	if strings.HasPrefix(s, "/") {
		return address{"unix", s}, nil
	}
	host, port := s, defaultPort
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		host = strings.Trim(s, "[]")
	} else if strings.Contains(s, ":") {
		if host, port, err = net.SplitHostPort(s); err != nil {
			return address{}, errAddress
		}
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if host == "" || err != nil || number == 0 || strings.ContainsAny(host, " /@?#") {
		return address{}, errAddress
	}
	return address{"tcp", net.JoinHostPort(host, port)}, nil
}

// The errors do not quote what is wrong: it may be a piece of a password.
var errAddress = errors.New("it is not the address of a server: it must be host, host:port or the path of a unix socket")

var errSeparator = errors.New("the servers have semicolons between them: write commas, as in memcached://10.0.0.1:11211,10.0.0.2:11211")

var errUser = errors.New("a user or password is given, but the client of this backend cannot log in")

// parseAddresses reads a list of servers, which must differ.
func parseAddresses(texts []string) ([]address, error) {
	var (
		addrs []address
		errs  []error
		known = make(map[address]bool)
	)
	for i, text := range texts {
		addr, err := parseAddress(strings.TrimSpace(text))
		switch {
		case strings.Contains(text, ";"):
			errs = append(errs, errSeparator)
		case strings.Contains(text, "@"):
			errs = append(errs, errUser)
		case err != nil:
			errs = append(errs, fmt.Errorf("server %d of %d: %w", i+1, len(texts), err))
		case known[addr]:
			errs = append(errs, fmt.Errorf("server %s is given twice", addr))
		}
		known[addr] = true
		addrs = append(addrs, addr)
	}
	return addrs, errors.Join(errs...)
}

// parseLocation returns the servers that a location names: those of
// memcached://a,b:11212, with or without the scheme, or the one of
// memcached:///path/of/socket, unix:/path/of/socket or unix:///path/of/socket.
func parseLocation(location string) ([]string, error) {
	location = socketPath(location)
	rest := strings.TrimPrefix(location, "memcached:")
	rest = strings.TrimPrefix(rest, "//")
	if strings.HasPrefix(rest, "/") {
		path, err := url.PathUnescape(rest)
		if err != nil {
			return nil, errors.New("the location is a path with a malformed percent-encoding")
		}
		return []string{path}, nil
	}
	if strings.Contains(rest, "@") {
		return nil, errUser
	}
	hosts, path, _ := strings.Cut(rest, "/")
	if path != "" {
		return nil, errors.New("the location has a path after the servers: Memcached has no databases")
	}
	if hosts == "" {
		return nil, nil
	}
	return strings.Split(strings.ReplaceAll(hosts, "%25", "%"), ","), nil
}
