package redisstore

import (
	"context"
	"slices"
	"time"
	"unsafe"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// GetMany implements [driver.Many] by MGET, and on a cluster by a pipeline of
// GETs to each node. If a node fails, the others have answered for their keys.
func (s *Store) GetMany(ctx context.Context, keys [][]byte) (values [][]byte, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	if s.cluster {
		return s.getEach(ctx, keys)
	}
	if s.replicas != nil && !s.atPrimary {
		if n := s.replicas.pick(keys...); n != nil {
			if values, err := multiGet(ctx, n.client, keys); err == nil {
				return values, nil
			}
		}
	}
	values, err = multiGet(ctx, s.primary.client, keys)
	return values, s.translate(ctx, err)
}

func multiGet(ctx context.Context, client redis.UniversalClient, keys [][]byte) ([][]byte, error) {
	cmd := redis.NewSliceCmd(ctx, arguments("mget", keys)...)
	if err := client.Process(ctx, cmd); err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, v := range cmd.Val() {
		if text, ok := v.(string); ok {
			values[i] = bytesOf(text)
		}
	}
	return values, nil
}

// bytesOf is what StringCmd.Bytes does: the client has made the string from a
// slice of its own, and gives it to nobody else.
func bytesOf(text string) []byte {
	if text == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(text), len(text))
}

func (s *Store) getEach(ctx context.Context, keys [][]byte) ([][]byte, error) {
	gets := make([]*redis.StringCmd, len(keys))
	list := make([]redis.Cmder, len(keys))
	for i, key := range keys {
		gets[i] = redis.NewStringCmd(ctx, "get", key)
		list[i] = gets[i]
	}
	roundTrip(ctx, s.primary.client, list)
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i, get := range gets {
		text, err := get.Result()
		switch {
		case err == nil:
			values[i] = bytesOf(text)
		case !isMiss(err) && !redis.HasErrorPrefix(err, "WRONGTYPE"):
			errs[i] = s.translate(ctx, err)
		}
	}
	return values, driver.Partial(errs)
}

// SetMany implements [driver.Many] by a pipeline of SET PX, on a cluster one to
// each node. The items without an answer fail.
func (s *Store) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) (errs []error, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	ops := make([]operation, len(items))
	requests := make([]request, len(items))
	list := make([]redis.Cmder, 0, len(items))
	for i, item := range items {
		ops[i].Op = driver.Op{Kind: driver.OpSet, Key: item.Key, Value: item.Value, TTL: ttl}
		s.prepare(&ops[i])
		requests[i].init(ctx, &ops[i], false)
		list = requests[i].appendTo(list)
	}
	roundTrip(ctx, s.primary.client, list)
	for i := range ops {
		s.wrote(&ops[i])
	}
	errs = s.failures(ctx, requests)
	if len(errs) > 0 && !slices.Contains(errs, nil) && !isReply(requests[0].err()) {
		return nil, errs[0] // no server has answered
	}
	return errs, nil
}

// failures returns the errors of all requests, or nil if there are none.
func (s *Store) failures(ctx context.Context, requests []request) (errs []error) {
	for i := range requests {
		if result := s.result(ctx, &requests[i]); result.Err != nil {
			if errs == nil {
				errs = make([]error, len(requests))
			}
			errs[i] = result.Err
		}
	}
	return errs
}

// DeleteMany implements [driver.Many] by UNLINK, and on a cluster by a pipeline
// of them to each node. If a node fails, the keys of the others are deleted.
func (s *Store) DeleteMany(ctx context.Context, keys [][]byte) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	err := s.unlink(ctx, keys)
	if s.replicas != nil {
		for _, key := range keys {
			s.replicas.wrote(key)
		}
	}
	return err
}

// unlink removes the entries under keys, wherever they are.
func (s *Store) unlink(ctx context.Context, keys [][]byte) error {
	client := s.primary.client
	if !s.cluster {
		return s.translate(ctx, client.Process(ctx, redis.NewIntCmd(ctx, arguments("unlink", keys)...)))
	}
	list := make([]redis.Cmder, len(keys))
	for i, key := range keys {
		list[i] = redis.NewIntCmd(ctx, "unlink", key)
	}
	roundTrip(ctx, client, list)
	errs := make([]error, len(keys))
	for i, cmd := range list {
		errs[i] = s.translate(ctx, cmd.Err())
	}
	return driver.Partial(errs)
}

func arguments(name string, keys [][]byte) []any {
	args := make([]any, 0, 1+len(keys))
	args = append(args, name)
	for i := range keys {
		args = append(args, (*argument)(&keys[i]))
	}
	return args
}

// argument is a key as an argument of a command. A pointer to it, unlike a
// slice, is an interface value without an allocation for each key.
type argument []byte

// MarshalBinary implements [encoding.BinaryMarshaler], for the client.
func (a *argument) MarshalBinary() ([]byte, error) { return *a, nil }

// String returns the key, for what hooks of the client log.
func (a *argument) String() string { return string(*a) }
