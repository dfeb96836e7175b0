package main

import "time"

// every is how often the log is told how it goes.
const every = 10 * time.Second

// progress tells the log how it goes until end is called.
func (s *soaking) progress() (end func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		var last totals
		for {
			select {
			case <-tick.C:
			case <-over:
				return
			}
			now := s.totals()
			s.say("%d operations/s, %d visits/s; ever: %d failed, %d wrong; in the last calm: %s",
				perSecond(now.operations-last.operations), perSecond(now.visits-last.visits), now.failed, now.wrong, s.latest())
			last = now
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}

func perSecond(n int64) int64 { return n / int64(every/time.Second) }

// totals are what all traffic has done.
type totals struct {
	operations, visits, failed, wrong int64
}

func (s *soaking) totals() (t totals) {
	for _, b := range s.backends {
		if b.data == nil || b.pages == nil {
			continue // the soak ended before it began
		}
		report := b.data.Report()
		t.operations += int64(report.OK + report.Errors)
		t.failed += int64(report.Errors)
		t.wrong += int64(len(report.Wrong)) + b.pages.Wrong()
		t.visits += b.pages.Visits()
	}
	return t
}
