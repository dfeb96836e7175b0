//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// servers is what services starts.
type servers struct {
	redis, memcached *launch.Process
	postgres         *launch.PostgreSQL
}

// start starts all servers or, when one fails, leaves none.
func start(ctx context.Context) (s servers, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(explain(err), s.close())
		}
	}()
	if s.redis, err = launch.Redis(ctx); err != nil {
		return s, err
	}
	if s.memcached, err = launch.Memcached(ctx); err != nil {
		return s, err
	}
	s.postgres, err = launch.Postgres(ctx, "-c", "max_connections=300")
	return s, err
}

func explain(err error) error {
	if errors.Is(err, launch.ErrNotInstalled) {
		return fmt.Errorf("%w: `make deps` installs it", err)
	}
	return err
}

// close stops the servers that were started, the last one first.
func (s servers) close() error {
	var errs []error
	if s.postgres != nil {
		errs = append(errs, s.postgres.Close())
	}
	if s.memcached != nil {
		errs = append(errs, s.memcached.Close())
	}
	if s.redis != nil {
		errs = append(errs, s.redis.Close())
	}
	return errors.Join(errs...)
}

// areRunning reports whether the environment names all the servers: services is a command
// of services, or of a shell with the settings of one.
func areRunning() bool {
	for _, variable := range []string{launch.RedisVariable, launch.MemcachedVariable, launch.PostgresVariable} {
		if os.Getenv(variable) == "" {
			return false
		}
	}
	return true
}

// environment is where tests look for the servers.
func (s servers) environment() []string {
	return []string{
		launch.RedisVariable + "=" + s.redis.Addr(),
		launch.MemcachedVariable + "=" + s.memcached.Addr(),
		launch.PostgresVariable + "=" + s.postgres.URL(),
		launch.RequireVariable + "=1",
	}
}

// settings is what a developer pastes into a shell, and into the settings of a
// program.
func (s servers) settings() string {
	var b strings.Builder
	for _, p := range []*launch.Process{s.redis, s.memcached, s.postgres.Process} {
		fmt.Fprintf(&b, "# %s is process %d\n", p.Program(), p.PID())
	}
	b.WriteString("\n# for tests:\n")
	for _, variable := range s.environment() {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&b, "export %s='%s'\n", name, value)
	}
	b.WriteString("\n# for caches:\n")
	fmt.Fprintf(&b, "redis://%s/0\n", s.redis.Addr())
	fmt.Fprintf(&b, "memcached://%s\n", s.memcached.Addr())
	fmt.Fprintf(&b, "%s&table=larder_cache\n", s.postgres.URL())
	return b.String()
}
