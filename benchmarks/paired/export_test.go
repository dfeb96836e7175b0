package paired

import "time"

// CompareBy is Compare by another clock.
func CompareBy(plan Plan, clock func() time.Duration, floor Contestant, others []Contestant) Comparison {
	c, _ := compare(plan, clock, 1, func() (Contestant, []Contestant, error) { return floor, others, nil })
	return c
}

// CompareFieldsBy is CompareFields by another clock.
var CompareFieldsBy = compare
