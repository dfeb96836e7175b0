package load

import "math/rand/v2"

// picker returns a function that draws one of n: each as often as the others, or
// with a skew above 1 the k-th about as often as 1 in k to that power (Zipf).
func picker(skew float64, n int) func() int {
	if skew == 0 {
		return func() int { return rand.IntN(n) }
	}
	zipf := rand.NewZipf(rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), skew, 1, uint64(n-1))
	return func() int { return int(zipf.Uint64()) }
}

// some returns a few of list, at most many and all different.
func some[T comparable](list []T, draw func() int) []T {
	picked := make([]T, 0, many)
	there := make(map[T]bool, many)
	for range many {
		if one := list[draw()]; !there[one] {
			there[one] = true
			picked = append(picked, one)
		}
	}
	return picked
}
