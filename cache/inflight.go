package cache

import "fmt"

// DefaultMaxInFlight is the default of [Config].MaxInFlight: 64 MiB.
const DefaultMaxInFlight = 64 << 20

// InFlight returns how many bytes the responses under way hold now, and how many they may
// hold, see [Config].MaxInFlight. used may exceed limit by a small amount: 2 KiB of each
// response are always allowed.
func (h *Handler) InFlight() (used, limit int64) {
	return h.inFlight.Used(), h.inFlight.Limit()
}

// maxInFlight returns what the settings of alias "default" say, and their errors.
func (s Settings) maxInFlight() (limit int64, errs []error) {
	limit = DefaultMaxInFlight
	for name, cfg := range s {
		switch {
		case cfg.MaxInFlight == 0:
		case name != DefaultAlias:
			errs = append(errs, fmt.Errorf("%w: alias %q: MaxInFlight (max_in_flight) is for all aliases together: set it for alias %q", ErrInvalidSettings, name, DefaultAlias))
		case cfg.MaxInFlight < 0:
			errs = append(errs, fmt.Errorf("%w: alias %q: MaxInFlight (max_in_flight) is %d: it must be a number of bytes from 1 on, or be left out for the default, %d",
				ErrInvalidSettings, name, cfg.MaxInFlight, int64(DefaultMaxInFlight)))
		default:
			limit = cfg.MaxInFlight
		}
	}
	return limit, errs
}
