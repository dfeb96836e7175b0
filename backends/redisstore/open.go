package redisstore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Open connects to the servers and returns a Store on them, whose Shutdown
// closes the connections. It is an error if an option is wrong, or if a server
// does not answer within ctx, refuses the password, has no such database, is
// too old (4.0 has all that is needed: UNLINK came with it), or is of another
// kind than the options say. Of a cluster one primary that answers is enough.
func Open(ctx context.Context, opts Options) (*Store, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	s, err := dial(opts)
	if err != nil {
		return nil, err
	}
	if err := s.check(ctx, opts); err != nil {
		_ = s.owned.close(ctx) // why the store cannot be opened is the error to report
		return nil, redact(err, s.secrets)
	}
	return s, nil
}

// dial makes the clients, which connect when they are first used.
func dial(opts Options) (*Store, error) {
	d := newDialer(opts)
	client := newClient(opts.universal(d))
	s, err := newStore(client, opts.StoreOptions)
	if err != nil {
		return nil, err
	}
	s.about, s.secrets = opts.String(), opts.secrets()
	s.owned = &owned{
		dialer:     d,
		clients:    []redis.UniversalClient{client},
		releaseLog: processLog.use(opts.ClientLog, s.secrets),
		closed:     make(chan struct{}),
	}
	var nodes []*node
	for _, addr := range opts.Replicas {
		o := opts.universal(d)
		o.Addrs = []string{addr}
		replica := newClient(o)
		s.owned.clients = append(s.owned.clients, replica)
		nodes = append(nodes, s.newNode(replica))
	}
	if len(nodes) > 0 {
		s.replicas = newReplicas(nodes, opts.ReadYourWrites)
	}
	return s, nil
}

// newClient makes the client of the kind that o asks for.
func newClient(o *redis.UniversalOptions) redis.UniversalClient {
	switch {
	case o.IsClusterMode:
		return redis.NewClusterClient(o.Cluster())
	case o.MasterName != "":
		return redis.NewFailoverClient(o.Failover())
	}
	return redis.NewClient(o.Simple())
}

// universal returns the options of a client whose connections d makes.
func (o Options) universal(d *dialer) *redis.UniversalOptions {
	u := &redis.UniversalOptions{
		Addrs:            o.Addrs,
		IsClusterMode:    o.Cluster,
		MasterName:       o.MasterName,
		SentinelUsername: o.SentinelUsername,
		SentinelPassword: o.SentinelPassword,
		DB:               o.DB,
		Username:         o.Username,
		Password:         o.Password,
		Dialer:           d.dial,
		PoolSize:         o.PoolSize,
		MinIdleConns:     o.MinIdle,
		DialTimeout:      o.DialTimeout,
		ReadTimeout:      o.ReadTimeout,
		WriteTimeout:     o.WriteTimeout,

		// The deadline of a context holds for the wait for a reply, too.
		ContextTimeoutEnabled: true,

		// MaxRetries covers dialling: five attempts inside each of its own
		// would make an operation wait for a dead server five times as long.
		DialerRetries: 1,

		// A feature of one vendor's servers, which costs each client a few
		// goroutines and each connection a command.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if o.Cluster {
		u.MaxRedirects = o.MaxRetries
	} else {
		u.MaxRetries = o.MaxRetries
	}
	return u
}
