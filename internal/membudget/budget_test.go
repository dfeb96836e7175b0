package membudget_test

import (
	"math"
	"sync"
	"testing"

	"github.com/larder-go/larder/internal/membudget"
)

func TestABudgetCountsExactly(t *testing.T) {
	b := membudget.NewBudget(100)
	if b.Limit() != 100 || !b.Reserve(60) || b.Reserve(41) || !b.Reserve(40) || b.Reserve(1) || !b.Reserve(-1) || b.Used() != 99 {
		t.Errorf("%d of %d bytes", b.Used(), b.Limit())
	}
	b.Release(99)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if b.Reserve(30) {
					if b.Used() > 100 {
						t.Error("it is over its limit")
					}
					b.Release(30)
				}
			}
		})
	}
	wg.Wait()
	if b.Used() != 0 {
		t.Errorf("%d bytes are left", b.Used())
	}
}

func TestHoldGoesOverTheLimitAndReserveDoesNot(t *testing.T) {
	b := membudget.NewBudget(100)
	b.Hold(150)
	if b.Used() != 150 || b.Reserve(1) {
		t.Errorf("%d of %d bytes", b.Used(), b.Limit())
	}
	b.Release(100)
	if !b.Reserve(50) || b.Used() != 100 {
		t.Errorf("%d of %d bytes", b.Used(), b.Limit())
	}
}

func TestANilBudgetHasNoLimit(t *testing.T) {
	var b *membudget.Budget
	if b.Limit() != math.MaxInt64 || !b.Reserve(1<<62) || b.Used() != 0 {
		t.Errorf("%d of %d bytes", b.Used(), b.Limit())
	}
	b.Hold(1)
	b.Release(1)
}
