package stream

// Budget counts the bytes that are held for responses under way: a membudget.Budget. It may
// be used from many goroutines.
type Budget interface {
	Reserve(n int64) bool // counts n bytes more, if they are within the limit
	Hold(n int64)         // counts n bytes more, that are held already
	Release(n int64)      // counts n bytes less
}

// block is a piece of memory with a part of a response. It is counted as long as
// somebody has it: the stream that is made of it, and each reader that is sending some
// of it. Its fields are under the lock of the stream.
type block struct {
	budget Budget
	size   int64
	owners int
}

// newBlock returns a block of the stream, which is counted already.
func newBlock(budget Budget, size int) *block {
	return &block{budget: budget, size: int64(size), owners: 1}
}

// isShared reports whether others than the stream have the block.
func (b *block) isShared() bool { return b.owners > 1 }

func (b *block) retain() { b.owners++ }

func (b *block) release() {
	if b.owners--; b.owners == 0 {
		b.budget.Release(b.size)
	}
}
