// Package paired compares how long operations take, and resolves about one
// percent on a machine whose speed varies by tens of percents.
//
// The contestants take turns: in each round, every one of them runs a short
// block of operations, in an order that is drawn again. What slows the machine
// down for longer than a round slows all of them down, and falls out of the
// ratio of a contestant's block to the floor's block in the same round. Of
// thousands of such ratios the median counts, so that what hits single blocks,
// a collection of garbage or another process, falls out too.
//
// The floor takes part twice, and its second entry is the control: had the
// method no error, its ratio would be 1. A comparison whose control is off by
// more than one percent is not to be believed, and says so. A floor with a lot of
// data has a twin for it, with the same data elsewhere, and since it matters where,
// such a field is made several times, see [CompareFields].
package paired
