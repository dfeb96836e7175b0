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

	// The two schemes of a unix socket: ours, and that of go-redis, redis-py and
	// Django.
	schemeSocket = "redis+unix"
	schemeUnix   = "unix"
)

// schemes are those of all backends of this package.
var schemes = []string{schemePlain, schemeTLS, schemeSentinel, schemeCluster, schemeSocket, schemeUnix}

// isSocket reports whether scheme is one of a unix socket.
func isSocket(scheme string) bool { return scheme == schemeSocket || scheme == schemeUnix }

// location is what a location says: scheme://user:password@host:port,.../path,
// or the same without the scheme. Package url would refuse a list of hosts that
// have ports. That of a unix socket is unix://user:password@/path.
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
	errPath       = errors.New("the path of the location must be the number of the database, for example /0, or nothing; a unix socket is redis+unix:///path/of/socket, and its database the option db")
	errSocket     = errors.New("the location of a unix socket must be redis+unix:///path/of/socket or redis+unix://user:password@/path/of/socket, without a host; the database is the option db")
	errMasterPath = errors.New("the path of a Sentinel location must be the name of the primary and may have the number of the database, for example /mymaster/0")
	errNoPath     = errors.New("the location of a cluster has no path: a cluster has only one database")
	errQuery      = errors.New(`the location must not contain "?" or "#": options have a place of their own, for example "options": {"db": 1}, or give the whole URL instead of backend, location and options`)
)

// parseLocation reads raw, the location of a backend called scheme.
func parseLocation(scheme, raw string) (location, error) {
	var l location
	if raw == scheme+":" {
		return l, nil // what package url makes of scheme://?option=value
	}
	before, rest, found := strings.Cut(raw, "://")
	if path, short := strings.CutPrefix(raw, schemeUnix+":/"); short && !found {
		before, rest, found = schemeUnix, "/"+path, true // Django's unix:/path
	}
	if found {
		if before != scheme && !(isSocket(before) && (scheme == schemePlain || isSocket(scheme))) {
			return l, errScheme
		}
		raw = rest
	}
	if strings.ContainsAny(raw, "?#") {
		return l, errQuery
	}
	if isSocket(scheme) || isSocket(before) {
		return l, l.readSocket(raw)
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

// readSocket reads what follows the "//" of the location of a unix socket.
func (l *location) readSocket(raw string) error {
	authority, path, found := strings.Cut(raw, "/")
	if userinfo, isUser := strings.CutSuffix(authority, "@"); isUser {
		if err := l.readUserinfo(userinfo); err != nil {
			return err
		}
	} else if authority != "" {
		return errSocket
	}
	socket, err := url.PathUnescape("/" + path)
	if !found || path == "" || err != nil {
		return errSocket
	}
	l.addrs = []string{socket}
	return nil
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
