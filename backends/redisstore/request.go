package redisstore

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// operation is what one call asks for: a driver.Op, or one of the operations
// that have no asynchronous form.
type operation struct {
	driver.Op
	old      []byte // for opReplace; its head for opReplaceHead
	tooLarge bool   // the value must not be stored
}

// The kinds of operation that driver.OpKind lacks.
const (
	opPeek driver.OpKind = iota + 100
	opTTL
	opReplace
	opReplaceHead
)

// reads reports whether a replica can serve the operation.
func (o *operation) reads() bool {
	return o.Kind == driver.OpGet || o.Kind == opPeek || o.Kind == opTTL
}

// request is an operation as commands, which travel together. It has those of
// the three replies that the operation needs.
type request struct {
	kind     driver.OpKind
	tooLarge bool
	text     *redis.StringCmd // a value, a head, or what a script returned
	status   *redis.StatusCmd
	number   *redis.IntCmd
}

// init makes the commands of op. The second form is for another attempt, see
// [request.again]: scripts travel as source, and a peek fetches the whole value.
func (r *request) init(ctx context.Context, op *operation, second bool) {
	*r = request{kind: op.Kind, tooLarge: op.tooLarge}
	switch op.Kind {
	case driver.OpGet:
		r.text = redis.NewStringCmd(ctx, "get", op.Key)
	case driver.OpSet:
		if op.tooLarge {
			r.number = redis.NewIntCmd(ctx, "unlink", op.Key)
			break
		}
		r.status = setCommand(ctx, op.Key, op.Value, op.TTL)
	case driver.OpAdd:
		r.text = headCommand(ctx, op.Key)
		if op.tooLarge {
			r.number = redis.NewIntCmd(ctx, "exists", op.Key)
			break
		}
		r.status = setCommand(ctx, op.Key, op.Value, op.TTL, "nx")
	case driver.OpTouch:
		r.text = touchScript.command(ctx, second, op.Key, milliseconds(op.TTL))
	case driver.OpDelete:
		r.text = headCommand(ctx, op.Key)
		r.number = redis.NewIntCmd(ctx, "unlink", op.Key)
	case driver.OpIncr:
		r.text = incrScript.command(ctx, second, op.Key, op.Delta)
	case opPeek:
		if second {
			r.text = redis.NewStringCmd(ctx, "get", op.Key)
			break
		}
		r.text = headCommand(ctx, op.Key)
		r.number = redis.NewIntCmd(ctx, "exists", op.Key)
	case opTTL:
		r.number = redis.NewIntCmd(ctx, "pttl", op.Key)
	case opReplace:
		r.replace(ctx, replaceScript, op, second)
	case opReplaceHead:
		r.replace(ctx, replaceHeadScript, op, second)
	}
}

func (r *request) replace(ctx context.Context, by script, op *operation, second bool) {
	if op.tooLarge {
		r.text = by.command(ctx, second, op.Key, op.old, "", -1)
		return
	}
	r.text = by.command(ctx, second, op.Key, op.old, op.Value, milliseconds(op.TTL))
}

func setCommand(ctx context.Context, key, value []byte, ttl time.Duration, flags ...any) *redis.StatusCmd {
	args := append(make([]any, 0, 6), "set", key, value)
	if ms := milliseconds(ttl); ms > 0 {
		args = append(args, "px", ms)
	}
	return redis.NewStatusCmd(ctx, append(args, flags...)...)
}

func headCommand(ctx context.Context, key []byte) *redis.StringCmd {
	return redis.NewStringCmd(ctx, "getrange", key, 0, driver.HeadSize-1)
}

// once is a command that the client must not send a second time when it cannot
// tell whether the first was done.
type once struct{ redis.Cmder }

func (once) NoRetry() bool { return true }

// appendTo appends the commands to list in the order of sending.
func (r *request) appendTo(list []redis.Cmder) []redis.Cmder {
	if r.status != nil {
		list = append(list, r.only(r.status))
	}
	if r.text != nil {
		list = append(list, r.only(r.text))
	}
	if r.number != nil {
		list = append(list, r.only(r.number))
	}
	return list
}

// only keeps the client from repeating what must be done once.
func (r *request) only(cmd redis.Cmder) redis.Cmder {
	switch r.kind {
	case driver.OpAdd, driver.OpIncr, opReplace, opReplaceHead:
		return once{cmd}
	}
	return cmd
}

// send sends the commands in one round trip. Errors stay with the commands.
func (r *request) send(ctx context.Context, client redis.UniversalClient) {
	if cmd := r.single(); cmd != nil {
		_ = client.Process(ctx, cmd)
		return
	}
	roundTrip(ctx, client, r.appendTo(nil))
}

// single returns the command if there is only one, which the client sends for
// less than a pipeline of it.
func (r *request) single() redis.Cmder {
	switch {
	case r.text != nil && r.status == nil && r.number == nil:
		return r.only(r.text)
	case r.text == nil && r.status != nil && r.number == nil:
		return r.only(r.status)
	case r.text == nil && r.status == nil && r.number != nil:
		return r.only(r.number)
	}
	return nil
}

// roundTrip sends the commands, if there are any, together, to each node of a
// cluster its own. Errors stay with the commands.
func roundTrip(ctx context.Context, client redis.UniversalClient, list []redis.Cmder) {
	if len(list) == 0 {
		return
	}
	pipe := client.Pipeline()
	_ = pipe.BatchProcess(ctx, list...)
	_, _ = pipe.Exec(ctx)
}

// err returns the first error other than a nil reply.
func (r *request) err() error {
	if r.status != nil && r.status.Err() != nil && !isMiss(r.status.Err()) {
		return r.status.Err()
	}
	if r.text != nil && r.text.Err() != nil && !isMiss(r.text.Err()) && !r.removes(r.text.Err()) {
		return r.text.Err()
	}
	if r.number != nil {
		return r.number.Err()
	}
	return nil
}

// removes reports whether err only says that there was no head to read: UNLINK
// removes another program's list or hash, too.
func (r *request) removes(err error) bool {
	return r.kind == driver.OpDelete && redis.HasErrorPrefix(err, "WRONGTYPE")
}

// sent reports whether there is a request, rather than its zero value.
func (r *request) sent() bool { return r.kind != 0 }

// again reports whether the operation, which has ended with err, has to be sent to
// the primary in its second form: the server does not know a script, a replica failed, or a peek
// saw an empty head, which is that of an empty value or that of none, since
// the two commands of a peek are two steps.
func (r *request) again(err error, atReplica bool) bool {
	if err != nil {
		return atReplica || isNoScript(err)
	}
	return r.kind == opPeek && r.number != nil && r.number.Val() > 0 && len(r.text.Val()) == 0
}
