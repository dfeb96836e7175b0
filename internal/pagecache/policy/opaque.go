package policy

// Opaque is a Policy whose fields nobody can reach by it. It is the underlying type of
// middleware.Policy, so that adapters, which may import this package, can convert that and
// have its rules, and programs cannot.
type Opaque struct{ policy *Policy }

// Hide returns a policy that is opaque.
func Hide(p *Policy) *Opaque { return &Opaque{p} }

// Policy returns the policy itself.
func (o *Opaque) Policy() *Policy { return o.policy }
