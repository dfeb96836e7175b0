package redisstore

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// The schemes, which are also the names of the backends.
const (
	schemePlain    = "redis"
	schemeTLS      = "rediss"
	schemeSentinel = "redis+sentinel"
	schemeCluster  = "redis+cluster"
)

// location is what a location says: scheme://user:password@host:port,.../path,
// or the same without the scheme. Package url would refuse a list of hosts that
// have ports.
type location struct {
	addrs              []string
	username, password string
	master             string
	db                 int
}

// The errors do not quote the location, any part of which may be one of a
// password that was not percent-encoded.
var (
	errScheme     = errors.New("the scheme of the location is not the name of the backend")
	errUserinfo   = errors.New("the user name or password in the location is malformed: it must be user:password@ or :password@, with all characters but letters and digits percent-encoded")
	errHost       = errors.New("a host in the location is malformed: it must be host, host:port or [IPv6]:port")
	errPath       = errors.New("the path of the location must be the number of the database, for example /0, or nothing")
	errMasterPath = errors.New("the path of a Sentinel location must be the name of the primary and may have the number of the database, for example /mymaster/0")
	errNoPath     = errors.New("the location of a cluster has no path: a cluster has only one database")
	errQuery      = errors.New(`the location must not contain "?" or "#": options have a place of their own`)
)

// parseLocation reads raw, the location of a backend called scheme.
func parseLocation(scheme, raw string) (location, error) {
	var l location
	if raw == scheme+":" {
		return l, nil // what package url makes of scheme://?option=value
	}
	if before, rest, found := strings.Cut(raw, "://"); found {
		if before != scheme {
			return l, errScheme
		}
		raw = rest
	}
	if strings.ContainsAny(raw, "?#") {
		return l, errQuery
	}
	authority, path, _ := strings.Cut(raw, "/")
	hosts := authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		hosts = authority[at+1:]
		if err := l.readUserinfo(authority[:at]); err != nil {
			return l, err
		}
	}
	if err := l.readHosts(hosts, scheme == schemeSentinel); err != nil {
		return l, err
	}
	return l, l.readPath(scheme, path)
}

func (l *location) readUserinfo(text string) (err error) {
	username, password, found := strings.Cut(text, ":")
	if !found {
		return errUserinfo
	}
	if l.username, err = url.PathUnescape(username); err != nil {
		return errUserinfo
	}
	if l.password, err = url.PathUnescape(password); err != nil || l.password == "" {
		return errUserinfo
	}
	return nil
}

func (l *location) readHosts(text string, sentinel bool) error {
	if text == "" {
		return nil
	}
	addrs, err := splitAddrs(text, sentinel)
	l.addrs = addrs
	return err
}

// splitAddrs reads a list of hosts, whose port may be left out.
func splitAddrs(text string, sentinel bool) (addrs []string, err error) {
	_, defaultPort, _ := net.SplitHostPort(defaultAddr(sentinel))
	for host := range strings.SplitSeq(text, ",") {
		addr := strings.TrimSpace(host)
		if !validAddr(addr) {
			addr += ":" + defaultPort
		}
		if !validAddr(addr) {
			return nil, errHost
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

func (l *location) readPath(scheme, path string) (err error) {
	path = strings.TrimSuffix(path, "/")
	switch {
	case path == "":
		return nil
	case scheme == schemeCluster:
		return errNoPath
	case scheme == schemeSentinel:
		master, db, found := strings.Cut(path, "/")
		if l.master, err = url.PathUnescape(master); err != nil || master == "" {
			return errMasterPath
		}
		if !found {
			return nil
		}
		if l.db, err = parseDB(db); err != nil {
			return errMasterPath
		}
		return nil
	}
	if l.db, err = parseDB(path); err != nil {
		return errPath
	}
	return nil
}

func parseDB(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}
