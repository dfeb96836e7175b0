package flight

import "testing"

// A commit that was overtaken by a later one in its slot of the log leaves that there.
func TestAnOvertakenCommitLeavesTheLaterOneInTheLog(t *testing.T) {
	var c commits
	later := record(remembered, 7)
	c.recent[0].Store(later)
	c.add(8) // number 0
	if got := c.recent[0].Load(); got != later {
		t.Errorf("the slot has %x, want %x", got, later)
	}
	c.count.Store(2 * remembered)
	c.add(9)
	if got, want := c.recent[0].Load(), record(2*remembered, 9); got != want {
		t.Errorf("the slot has %x, want %x", got, want)
	}
}
