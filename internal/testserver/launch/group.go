package launch

import "errors"

// Group is servers that work together.
type Group []*Process

// Close closes every server of the group.
func (g Group) Close() error {
	var errs []error
	for _, p := range g {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Addrs returns where each server listens, in the order of the group.
func (g Group) Addrs() []string {
	addrs := make([]string, len(g))
	for i, p := range g {
		addrs[i] = p.Addr()
	}
	return addrs
}
