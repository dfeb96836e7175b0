package audit

import (
	"slices"
	"sort"
)

// match is a token that two texts have in common, by its places in them.
type match struct{ a, b int }

// maxTable is how many cells the table of a longest common subsequence may have. Longer
// texts are split at tokens that occur once in each.
const maxTable = 1 << 20

// align returns tokens that a and b have in common, in the order of both.
func align(a, b []string) []match { return alignFrom(a, b, 0, 0) }

func alignFrom(a, b []string, atA, atB int) (matches []match) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		matches = append(matches, match{atA, atB})
		a, b, atA, atB = a[1:], b[1:], atA+1, atB+1
	}
	var tail []match
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
		tail = append(tail, match{atA + len(a), atB + len(b)})
	}
	slices.Reverse(tail)
	switch {
	case len(a) == 0 || len(b) == 0:
	case len(a)*len(b) <= maxTable:
		matches = append(matches, longestCommon(a, b, atA, atB)...)
	default:
		matches = append(matches, alignAtAnchors(a, b, atA, atB)...)
	}
	return append(matches, tail...)
}

// alignAtAnchors aligns what is between tokens that occur once in each. If there are none,
// nothing is taken to be common.
func alignAtAnchors(a, b []string, atA, atB int) (matches []match) {
	anchors := anchorsOf(a, b)
	if len(anchors) == 0 {
		return nil
	}
	i, j := 0, 0
	for _, anchor := range append(anchors, match{len(a), len(b)}) {
		matches = append(matches, alignFrom(a[i:anchor.a], b[j:anchor.b], atA+i, atB+j)...)
		if anchor.a < len(a) {
			matches = append(matches, match{atA + anchor.a, atB + anchor.b})
		}
		i, j = anchor.a+1, anchor.b+1
	}
	return matches
}

// anchorsOf returns tokens that occur once in each, as many as are in the same order.
func anchorsOf(a, b []string) []match {
	inA, inB := places(a), places(b)
	var candidates []match
	for i, token := range a {
		if at, ok := inB[token]; ok && at >= 0 && inA[token] >= 0 {
			candidates = append(candidates, match{i, at})
		}
	}
	return increasing(candidates)
}

// places says where tokens are, or -1 for those that occur more than once.
func places(tokens []string) map[string]int {
	at := make(map[string]int, len(tokens))
	for i, token := range tokens {
		if _, again := at[token]; again {
			i = -1
		}
		at[token] = i
	}
	return at
}

// increasing returns the longest subsequence with increasing places in b.
func increasing(candidates []match) []match {
	var tails []int // the last of the best subsequence of each length
	before := make([]int, len(candidates))
	for i, c := range candidates {
		at := sort.Search(len(tails), func(k int) bool { return candidates[tails[k]].b >= c.b })
		before[i] = -1
		if at > 0 {
			before[i] = tails[at-1]
		}
		if at == len(tails) {
			tails = append(tails, i)
		} else {
			tails[at] = i
		}
	}
	if len(tails) == 0 {
		return nil
	}
	var found []match
	for i := tails[len(tails)-1]; i >= 0; i = before[i] {
		found = append(found, candidates[i])
	}
	slices.Reverse(found)
	return found
}

// longestCommon returns a longest common subsequence.
func longestCommon(a, b []string, atA, atB int) (matches []match) {
	width := len(b) + 1
	table := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			matches = append(matches, match{atA + i, atB + j})
			i, j = i+1, j+1
		case table[(i+1)*width+j] >= table[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return matches
}
