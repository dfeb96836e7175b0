package page

import (
	"fmt"
	"testing"
)

// A client cannot choose values that evict the variant of another, since slots depend on a random
// generation. The test looks for values that have one slot in one generation; in other generations
// they do not.
func TestClientsCannotAimAtTheSlotOfAVariant(t *testing.T) {
	slot := func(generation string, value int) uint64 {
		return VariantSlot(generation, []byte("rest"), fmt.Append(nil, "Accept-Language", value))
	}
	known, other := NewGeneration(), NewGeneration()
	if first, second := slot(known, 1), slot(known, 1); first != second {
		t.Fatal("a variant has two slots")
	}
	const values = 64 * MaxVariants
	aimed, still := 0, 0
	for value := 1; value < values; value++ {
		if slot(known, value) != slot(known, 0) {
			continue
		}
		aimed++
		if slot(other, value) == slot(other, 0) {
			still++
		}
	}
	// About 64 of the values have the slot by chance, and of these mostly none twice.
	if aimed < 16 || aimed > 256 || still > 4 {
		t.Errorf("%d values have the slot, and %d have it in another generation, too", aimed, still)
	}
}
