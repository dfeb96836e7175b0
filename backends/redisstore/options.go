package redisstore

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options say which servers [Open] connects to, and how the store behaves. The
// zero value is one server at 127.0.0.1:6379. Print them freely: their String
// leaves the secrets out.
type Options struct {
	// Addrs are host:port addresses, or the path of a unix socket: of the server, of
	// the Sentinels if MasterName is set, or of some nodes of the cluster if Cluster
	// is. There is one address unless it is a list of Sentinels or nodes. The default
	// is 127.0.0.1 with port 6379, or 26379 for a Sentinel.
	Addrs []string

	// Replicas are host:port addresses, or paths of unix sockets, of replicas of the
	// server: each Get, GetMany, Peek and TTL goes to one of them, chosen at random,
	// and to the primary if that one fails. What was written a moment ago may be missing
	// there; see ReadYourWrites. Sentinel and Cluster know their replicas by
	// themselves, and the store reads from the primaries there.
	Replicas []string

	// ReadYourWrites is for how long after this store wrote a key it reads it
	// from the primary. It should be longer than the replicas ever lag. Zero
	// means that every read may go to a replica.
	ReadYourWrites time.Duration

	// Cluster says that the addresses are those of a Redis Cluster.
	Cluster bool

	// MasterName is the name by which the Sentinels know the primary.
	MasterName string

	// SentinelUsername and SentinelPassword are for the Sentinels themselves.
	SentinelUsername, SentinelPassword string

	// DB is the number of the database; a cluster has only 0.
	DB int

	// Username and Password are those of the servers. Both may be empty, or Username
	// only; a Username needs a Password.
	Username, Password string

	// TLS is used for every connection unless it is nil.
	TLS *tls.Config

	// PoolSize is how many connections there are at most to each server. The default
	// is 10 for each CPU that Go uses (GOMAXPROCS), and on a cluster 5 for each CPU,
	// to each node. An operation waits for one for at most a second longer than
	// ReadTimeout.
	PoolSize int

	// MinIdle is how many idle connections are kept ready; the default is 0.
	MinIdle int

	// DialTimeout bounds the making of a connection; the default is 5 s.
	DialTimeout time.Duration

	// ReadTimeout bounds the wait for a reply, and WriteTimeout the sending of
	// a command; the default is 3 s each.
	ReadTimeout, WriteTimeout time.Duration

	// MaxRetries is how often an operation is sent again after a failure of the
	// network; the default is 1, and -1 means never. Add, Incr, Replace and
	// ReplaceHead are never sent twice, since the first may have been done, nor is
	// what shares a pipeline. On a cluster this is the number of redirections too, and the
	// default is 3.
	MaxRetries int

	// ClientLog is where go-redis writes its messages, such as each failure to
	// connect: one line of a kind in 10 s, at level Warn, without the passwords
	// of any store of the process. The default, nil, leaves the lines where they go:
	// to the ClientLog of another store if one was opened, and otherwise to stderr,
	// without a bound on their number and without the passwords either.
	//
	// go-redis has one logger for all clients of the process, those of the
	// application included. The first store with a ClientLog decides; after its
	// Shutdown, the next one with a ClientLog that is opened. An application that
	// calls redis.SetLogger keeps its own.
	ClientLog *slog.Logger

	StoreOptions
}

// StoreOptions say how a [Store] behaves, on whichever servers.
type StoreOptions struct {
	// Owner says that the database belongs to this store alone: Clear then
	// empties it by FLUSHDB, whatever the namespace.
	Owner bool

	// Pipeline makes concurrent operations share pipelines, which costs far
	// less than one round trip for each when there are many; but one alone takes
	// half as long again, or more, since another goroutine sends it. The
	// asynchronous form always shares them.
	Pipeline bool

	// ClearBatch is how many keys Clear looks at, and removes at most, in one
	// step; the default is 1000.
	ClearBatch int

	// MaxValueSize is the length in bytes above which a value is ErrTooLarge.
	// The default is 512 MiB, what a server takes unless its proto-max-bulk-len
	// says otherwise.
	MaxValueSize int64
}

const (
	defaultClearBatch   = 1000
	defaultMaxValueSize = 512 << 20
	defaultDialTimeout  = 5 * time.Second
	defaultIOTimeout    = 3 * time.Second
	defaultRetries      = 1
	defaultRedirects    = 3
)

// withDefaults returns o with its zero fields set, or everything that is wrong.
func (o Options) withDefaults() (Options, error) {
	if err := o.validate(); err != nil {
		return o, err
	}
	if len(o.Addrs) == 0 {
		o.Addrs = []string{defaultAddr(o.MasterName != "")}
	}
	o.DialTimeout = or(o.DialTimeout, defaultDialTimeout)
	o.ReadTimeout = or(o.ReadTimeout, defaultIOTimeout)
	o.WriteTimeout = or(o.WriteTimeout, defaultIOTimeout)
	if o.Cluster {
		o.MaxRetries = or(o.MaxRetries, defaultRedirects)
	} else {
		o.MaxRetries = or(o.MaxRetries, defaultRetries)
	}
	o.StoreOptions = o.StoreOptions.withDefaults()
	return o, nil
}

func (o StoreOptions) withDefaults() StoreOptions {
	o.ClearBatch = or(o.ClearBatch, defaultClearBatch)
	o.MaxValueSize = or(o.MaxValueSize, defaultMaxValueSize)
	return o
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func defaultAddr(sentinel bool) string {
	if sentinel {
		return "127.0.0.1:26379"
	}
	return "127.0.0.1:6379"
}

// validate reports everything that is wrong with o.
func (o Options) validate() error {
	several := o.Cluster || o.MasterName != ""
	var errs []error
	refuse := func(wrong bool, text string) {
		if wrong {
			errs = append(errs, errors.New(text))
		}
	}
	for _, addr := range slices.Concat(o.Addrs, o.Replicas) {
		refuse(!validAddr(addr), "an address is malformed: each must be host:port, or the path of a unix socket")
		refuse(isPath(addr) && several, "a unix socket is that of one server: a cluster and Sentinels have addresses of the form host:port")
		refuse(isPath(addr) && o.TLS != nil, "TLS is set for a unix socket, which has no use for it: leave out TLS (tls)")
	}
	refuse(o.Cluster && o.MasterName != "", "a cluster has no Sentinels: set Cluster or MasterName (master), not both")
	refuse(len(o.Addrs) > 1 && !several, "there are several addresses: name one server, or a cluster or Sentinels, and replicas in Replicas (replicas)")
	refuse(len(o.Replicas) > 0 && several, "Replicas (replicas) are for a single primary: a cluster and Sentinels know their own")
	refuse(o.ReadYourWrites < 0, "ReadYourWrites (read_your_writes) is negative")
	refuse(o.ReadYourWrites > 0 && len(o.Replicas) == 0, "ReadYourWrites (read_your_writes) has no meaning without Replicas (replicas)")
	refuse(o.Cluster && o.DB != 0, "a cluster has only database 0: leave out DB (db)")
	refuse(o.DB < 0, "DB (db) is negative")
	refuse(o.MasterName == "" && (o.SentinelUsername != "" || o.SentinelPassword != ""), "a name or password for Sentinels is given without MasterName (master)")
	refuse(o.Username != "" && o.Password == "", "Username is given without Password")
	refuse(o.PoolSize < 0 || o.MinIdle < 0, "PoolSize (pool_size) and MinIdle (min_idle) must not be negative")
	refuse(o.PoolSize > 0 && o.MinIdle > o.PoolSize, "MinIdle (min_idle) is greater than PoolSize (pool_size)")
	refuse(o.DialTimeout < 0 || o.ReadTimeout < 0 || o.WriteTimeout < 0, "DialTimeout, ReadTimeout and WriteTimeout must not be negative")
	refuse(o.MaxRetries < -1, "MaxRetries (max_retries) must be at least -1")
	errs = append(errs, o.StoreOptions.validate())
	return errors.Join(errs...)
}

func (o StoreOptions) validate() error {
	if o.ClearBatch < 0 || o.MaxValueSize < 0 {
		return errors.New("ClearBatch (clear_batch) and MaxValueSize (max_value_size) must not be negative")
	}
	return nil
}

// isPath reports whether addr is the path of a unix socket.
func isPath(addr string) bool { return strings.HasPrefix(addr, "/") }

// validAddr reports whether addr is host:port, or the path of a unix socket. Errors do not quote one that is
// not: it may be a piece of a password that was not percent-encoded.
func validAddr(addr string) bool {
	if isPath(addr) {
		return len(addr) > 1
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// secrets returns what must not appear in any text.
func (o Options) secrets() []string {
	var secrets []string
	for _, s := range []string{o.Password, o.SentinelPassword} {
		if s != "" {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// where names the servers, for messages.
func (o Options) where() string {
	addrs := strings.Join(o.Addrs, ", ")
	switch {
	case o.MasterName != "":
		return fmt.Sprintf("the primary %q of the Sentinels %s", o.MasterName, addrs)
	case o.Cluster:
		return "the cluster of " + addrs
	}
	return addrs
}

// String describes the servers, without the secrets.
func (o Options) String() string {
	text := o.where() + ", database " + strconv.Itoa(o.DB)
	if len(o.Replicas) > 0 {
		text += ", replicas " + strings.Join(o.Replicas, ", ")
	}
	return text
}

// GoString is String, so that %#v shows no secret either.
func (o Options) GoString() string { return "redisstore.Options{" + o.String() + "}" }
